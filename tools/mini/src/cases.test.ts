// The cases that mini is measured on say the truth: what is asked for is where the prompt says, and nothing else is.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  applySymmetryToPrompt,
  drawPhantom,
  findLesions,
  MODALITIES,
  placesIn,
  SYMMETRIES,
} from '@medclipseg/datasets';
import { ASKED_BY } from '@medclipseg/datasets/internal';
import { expect, it } from 'vitest';
import { type Case, LAYOUTS, lesionFreeCases, mosaicCases, phantomCases } from './cases.ts';

const maskOf = (data: Uint8Array, side = 224) => ({ width: side, height: side, channels: 1 as const, data });

const polyps: Case[] = Array.from({ length: 9 }, (_, seed) => {
  const { image, mask, prompt } = drawPhantom({ modality: 'endoscopy', seed, size: 96, count: 1 });
  return { image, prompt, asked: mask.data.map((value) => (value ? 1 : 0)) as Uint8Array };
}).filter(({ prompt }) => prompt.startsWith('one '));

it.each(Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[])('mosaics of %s ask for the lesion of a part', (layout) => {
  const cases = mosaicCases(polyps, layout);
  expect(cases.length).toBe(LAYOUTS[layout].length * polyps.length);
  for (const { asked, other, prompt } of cases) {
    const [place, ...more] = placesIn(prompt);
    expect(more).toEqual([]);
    const columns = [...asked].flatMap((value, k) => (value ? [(k % 224) / 224] : []));
    const rows = [...asked].flatMap((value, k) => (value ? [Math.floor(k / 224) / 224] : []));
    for (const [word, values, low] of [
      ['left', columns, true],
      ['right', columns, false],
      ['top', rows, true],
      ['bottom', rows, false],
    ] as const)
      if (place?.includes(word)) expect([...values].every((v) => v < 0.5 === low)).toBe(true);
    expect(asked.some((value, k) => value && other?.[k])).toBe(false);
    expect(other?.includes(1)).toBe(true);
    expect(prompt).toContain(` ${findLesions(maskOf(asked))[0]?.size} `);
  }
});

it('phantoms ask by a word that fits one lesion only', () => {
  for (const modality of MODALITIES.slice(3, 4))
    for (const by of ASKED_BY)
      for (const { asked, other, prompt } of phantomCases(modality, by, 2, 'test')) {
        const [lesion, ...more] = findLesions(maskOf(asked));
        expect(more).toEqual([]);
        expect(other?.includes(1)).toBe(true);
        if (by === 'place') expect(placesIn(prompt)).toEqual([lesion?.place]);
        if (by === 'size') expect(prompt).toContain(lesion?.size);
      }
});

it('crops show no lesion', () => {
  const cases = lesionFreeCases(polyps, 'polyp');
  expect(cases.length).toBeGreaterThan(4);
  for (const { asked, image } of cases) {
    expect(asked.includes(1)).toBe(false);
    expect(image.data).toHaveLength(224 * 224 * 3);
  }
});

it('the training turns place words as this project does', async () => {
  const prompts = [
    'one small polyp, located in top left of the image',
    'the upper right tumor',
    'polyp in the center',
    'one, left, bottom of',
  ];
  const code = `import json,sys; sys.path.insert(0,'.'); import words
print(json.dumps([[words.transformed(p, t, x, y) for t in (False, True) for y in (False, True) for x in (False, True)] for p in json.loads(sys.argv[1])]))`;
  const cwd = new URL('..', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)('python3', ['-c', code, JSON.stringify(prompts)], { cwd });
  expect(JSON.parse(stdout)).toEqual(
    prompts.map((prompt) => SYMMETRIES.map((turn) => applySymmetryToPrompt(prompt, turn))),
  );
});
