// Prompts with and without words that a model knows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MedCLIPSeg, unknownPrompt } from './index.ts';

const model = (...words: unknown[]) => ({ path: 'm.safetensors', metadata: { knownWords: JSON.stringify(words) } });
const some = model('polyp', 'opacity', 'lymph node');

describe('a prompt', () => {
  it.each([
    'one small polyp in the upper left',
    'Polyps!',
    'two OPACITIES',
    'no opacity in the image',
    'enlarged lymph nodes',
    'polyp',
  ])('with a known word has no warning: %s', (prompt) => {
    expect(unknownPrompt(prompt, some)).toBeUndefined();
  });

  it.each(['the liver', 'polypoid tissue', 'lymph, then a node', 'one small', 'Pólyp'])(
    'without one has a warning that lists them: %s',
    (prompt) => {
      expect(unknownPrompt(prompt, some)).toBe(
        `prompt: expected one of the words that this model knows (polyp, opacity, lymph node), got '${prompt}'. The mask may show something else; use one of these words, or another model.`,
      );
    },
  );

  it('of any text is known exactly if a listed word is among its words', () => {
    const word = fc.constantFrom('a', 'polyp', 'liver', 'Polyps', 'opacities', 'node', 'c++');
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        const known = words.some((each) => /^(polyps?|opacities)$/i.test(each));
        expect(unknownPrompt(words.join(' '), model('polyp', 'opacity')) === undefined).toBe(known);
      }),
    );
  });

  it('has no warning where the model does not list its words', () => {
    expect(unknownPrompt('the liver', { path: 'm', metadata: {} })).toBeUndefined();
  });
});

it.each([[model()], [model(1)], [{ path: 'm.safetensors', metadata: { knownWords: 'polyp' } }]])(
  'a list that cannot be read is refused',
  (damaged) => {
    expect(() => unknownPrompt('polyp', damaged)).toThrow(/^m.safetensors: expected a JSON list of words/);
  },
);

it('mini lists the words of its training', async () => {
  const mini = await MedCLIPSeg.fromPretrained('mini', { device: 'cpu' });
  const { info } = mini;
  mini.dispose();
  if (!info) throw new Error('expected information on the model');
  for (const known of ['one polyp', 'two tumors', 'a skin lesion', 'one opacity', 'no polyp in the image'])
    expect(unknownPrompt(known, info)).toBeUndefined();
  expect(unknownPrompt('the left kidney', info)).toContain(
    '(polyp, skin lesion, skin melanoma, melanoma, tumor, mass, opacity, lesion)',
  );
});
