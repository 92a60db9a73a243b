// Views of a file under other names.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, stripPrefix, type TensorFile, tensorsInMemory, unwrapped } from '../index.ts';

/** A file whose tensors hold their position in the list; an alias is written `name=original`. */
function file(...names: readonly string[]): TensorFile {
  const split = names.map((name) => name.split('=') as [string, string?]);
  const memory = tensorsInMemory(new Map(split.map(([name], i) => [name, { shape: [], data: Float32Array.of(i) }])));
  const tensors = new Map(split.map(([name, aliasOf]) => [name, { dtype: 'F32' as const, shape: [], aliasOf }]));
  return { ...memory, tensors };
}
const namesOf = ({ tensors }: TensorFile) =>
  [...tensors].map(([name, { aliasOf }]) => (aliasOf === undefined ? name : `${name}=${aliasOf}`));

describe('the tensors below a prefix', () => {
  it('lose it, and so do the names of which they are aliases', async () => {
    const part = stripPrefix(file('model.a', 'model.b=model.a', 'other.c'), 'model.');
    expect(namesOf(part)).toEqual(['a', 'b=a']);
    expect((await part.read('b')).data).toEqual(Float32Array.of(1));
    expect((await part.bytes('a')).length).toBe(4);
  });

  it('stay aliases of each other if the first name is elsewhere', () => {
    const whole = file('ema.a', 'model.a=ema.a', 'model.b=ema.a', 'model.c');
    expect(namesOf(stripPrefix(whole, 'model.'))).toEqual(['a', 'b=a', 'c']);
  });

  it('are the only ones that can be read', async () => {
    await expect(stripPrefix(file('model.a', 'b'), 'model.').read('b')).rejects.toThrow(FormatError);
  });
});

describe('a model in a file', () => {
  const find = (whole: TensorFile) => unwrapped(whole).find(({ tensors }) => tensors.has('blocks.0.weight'));

  it('is found below wrappers and containers in any order and nesting', async () => {
    const segment = fc.constantFrom('module', '_orig_mod', 'model', 'state_dict', 'model_state_dict');
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 5 }), async (segments) => {
        const prefix = segments.map((name) => `${name}.`).join('');
        const whole = file('optimizer.state.0.step', `${prefix}blocks.0.weight`, `${prefix}head.bias`);
        const model = find(whole) as TensorFile;
        expect(namesOf(model)).toEqual(expect.arrayContaining(['blocks.0.weight', 'head.bias']));
        expect((await model.read('head.bias')).data).toEqual(Float32Array.of(2));
      }),
    );
  });

  it('is found where only parts of it were wrapped', () => {
    expect(namesOf(find(file('model.blocks._orig_mod.0.weight', 'model.head.bias')) as TensorFile)).toEqual([
      'blocks.0.weight',
      'head.bias',
    ]);
  });

  it('keeps its names where two would become one', () => {
    expect(unwrapped(file('module.a', 'a')).map(namesOf)).toEqual([['module.a', 'a']]);
  });

  it('is looked for in few places, whatever the file', () => {
    const words = ['model', 'net', 'network', 'state_dict'];
    const names = words.flatMap((a) => words.flatMap((b) => words.map((c) => `${a}.${b}.${c}.x`)));
    expect(unwrapped(file(...names)).length).toBeLessThanOrEqual(16);
  });
});
