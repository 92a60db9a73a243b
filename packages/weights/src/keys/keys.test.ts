// Tables of keys: round trips without loss, and one report of everything that does not match.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesSource,
  closestMatch,
  encodeSafetensors,
  type KeyRule,
  openTensors,
  readMapped,
  type TensorFile,
  type TensorValue,
  tensorsInMemory,
  writeMapped,
} from '../index.ts';
import type { Layout } from './layouts.ts';

const counting = (shape: readonly number[]): TensorValue => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => i),
});
const file = (tensors: Readonly<Record<string, readonly number[]>>): TensorFile =>
  tensorsInMemory(new Map(Object.entries(tensors).map(([name, shape]) => [name, counting(shape)])));

const packed: readonly KeyRule[] = ['query', 'key', 'value'].map((name, part) => ({
  parameter: `blocks.{i}.${name}.weight`,
  key: ['resblocks.{i}.in_proj', 'clip.resblocks.{i}.in_proj'],
  layout: 'linear',
  part: [part, 3],
}));
const expected = new Map(['query', 'key', 'value'].map((name) => [`blocks.4.${name}.weight`, [2, 1]]));

describe('reading', () => {
  it('splits packed projections and transposes them, reading the packed tensor once', async () => {
    const stored = file({ 'resblocks.4.in_proj': [3, 2] });
    const read: string[] = [];
    const counted: TensorFile = {
      ...stored,
      read(name) {
        read.push(name);
        return stored.read(name);
      },
    };
    const values = await readMapped(counted, packed, expected);
    expect([...values].map(([, { data }]) => [...data])).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(read).toEqual(['resblocks.4.in_proj']);
  });

  it.each<[Layout, readonly number[], readonly number[], readonly number[]]>([
    ['same', [2, 3], [2, 3], [0, 1, 2, 3, 4, 5]],
    ['linear', [2, 3], [3, 2], [0, 3, 1, 4, 2, 5]],
    ['patch', [2, 3, 1, 1], [3, 2], [0, 3, 1, 4, 2, 5]],
    ['transposed-convolution', [1, 2, 2, 2], [1, 8], [0, 4, 1, 5, 2, 6, 3, 7]],
    ['depthwise', [2, 1, 1, 2], [1, 2, 2, 1], [0, 2, 1, 3]],
    ['squeeze-leading', [1, 1, 3], [3], [0, 1, 2]],
    ['squeeze-leading', [1, 2, 2], [2, 2], [0, 1, 2, 3]],
  ])('lays out %s %j as %j', async (layout, stored, model, values) => {
    const read = await readMapped(file({ x: stored }), [{ parameter: 'y', key: 'x', layout }], new Map([['y', model]]));
    expect(read.get('y')).toEqual({ shape: model, data: Float32Array.from(values) });
  });

  it('reads any alias, and ignores buffers', async () => {
    const stored = file({
      'clip.resblocks.4.in_proj': [3, 2],
      'text.embeddings.position_ids': [1, 5],
      logit_scale: [],
    });
    await expect(readMapped(stored, packed, expected)).rejects.toThrow(/1 unexpected[\s\S]*logit_scale/);
    expect((await readMapped(stored, packed, expected, { ignore: [/^logit_scale$/] })).size).toBe(3);
  });

  it.each([
    [
      'another shape',
      { 'resblocks.4.in_proj': [3, 4] },
      /resblocks.4.in_proj: expected \[2,1\] here, got \[4,1\] from \[3,4\]/,
    ],
    ['rows that cannot be split', { 'resblocks.4.in_proj': [4, 2] }, /got \[4,2\], which does not fit the layout/],
    ['another rank', { 'resblocks.4.in_proj': [3, 2, 1] }, /got \[3,2,1\], which does not fit the layout/],
    [
      'another name',
      { 'resblocks.4.in_prov': [3, 2] },
      /1 missing, 1 unexpected[\s\S]*in_proj \(closest: resblocks.4.in_prov\)/,
    ],
    ['nothing', {}, /1 missing/],
  ])('reports %s before any data is read', async (_, tensors, message) => {
    const stored = { ...file(tensors), read: () => Promise.reject(new Error('read')) };
    await expect(readMapped(stored, packed, expected)).rejects.toThrow(message);
  });

  it('ignores aliases of known tensors, in any order', async () => {
    const stored = file({ first: [3, 2], 'resblocks.4.in_proj': [3, 2], last: [3, 2], other: [3, 2] });
    const tensors = new Map(stored.tensors);
    for (const name of ['resblocks.4.in_proj', 'last'])
      tensors.set(name, { dtype: 'F32', shape: [3, 2], aliasOf: 'first' });
    await expect(readMapped({ ...stored, tensors }, packed, expected)).rejects.toThrow(/1 unexpected[\s\S]*other/);
    tensors.delete('other');
    expect((await readMapped({ ...stored, tensors }, packed, expected)).size).toBe(3);
  });

  it('reports a parameter without a rule', async () => {
    await expect(readMapped(file({ x: [1] }), packed, new Map([['x', [1]]]))).rejects.toThrow(/1 missing/);
  });

  it('stops when asked to', async () => {
    const stored = file({ 'resblocks.4.in_proj': [3, 2] });
    await expect(readMapped(stored, packed, expected, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });
});

describe('writing', () => {
  /** One rule of each layout, and the shape of the parameter for any sizes. */
  const table: readonly (readonly [KeyRule, (a: number, b: number) => readonly number[]])[] = [
    [{ parameter: 'x.{i}.bias', key: 'y.{i}.bias' }, (a) => [a]],
    [{ parameter: 'x.{i}.gate', key: 'y.{i}.gate' }, () => []],
    [{ parameter: 'x.{i}.linear', key: ['y.{i}.linear', 'z.y.{i}.linear'], layout: 'linear' }, (a, b) => [a, b]],
    [{ parameter: 'x.{i}.patch', key: 'y.{i}.patch', layout: 'patch' }, (a, b) => [3 * a * a, b]],
    [{ parameter: 'x.{i}.up', key: 'y.{i}.up', layout: 'transposed-convolution' }, (a, b) => [a, 4 * b]],
    [{ parameter: 'x.{i}.depthwise', key: 'y.{i}.depthwise', layout: 'depthwise' }, (a, b) => [a, a, b, 1]],
    [{ parameter: 'x.{i}.token', key: 'y.{i}.token', layout: 'squeeze-leading' }, (a) => [1 + a]],
    [{ parameter: 'x.{i}.positions', key: 'y.{i}.positions', layout: 'squeeze-leading' }, (a, b) => [1 + a, b]],
    ...[0, 1, 2].flatMap((part) => [
      [
        { parameter: `x.{i}.p${part}`, key: 'y.{i}.p', layout: 'linear', part: [part, 3] },
        (a: number, b: number) => [a, b],
      ] as const,
      [{ parameter: `x.{i}.b${part}`, key: 'y.{i}.b', part: [part, 3] }, (a: number) => [a]] as const,
    ]),
  ];
  const rules = table.map(([rule]) => rule);

  it('and reading with the same table give the same bits, for any sizes', async () => {
    const size = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(size, size), { minLength: 1, maxLength: 3 }), async (sizes) => {
        const model = new Map(
          sizes.flatMap(([a, b], i) =>
            table.map(([rule, shape]) => [rule.parameter.replace('{i}', `${i}`), counting(shape(a, b))] as const),
          ),
        );
        const written = await encodeSafetensors(writeMapped(tensorsInMemory(model), rules));
        const stored = await openTensors(bytesSource(written));
        const shapes = new Map([...model].map(([name, { shape }]) => [name, shape]));
        const back = await readMapped(stored, rules, shapes);
        for (const [name, value] of model) expect(back.get(name)).toEqual(value);
      }),
    );
  });

  it('produces the layouts of PyTorch, and every alias', async () => {
    const model = file({ 'x.0.linear': [2, 3] });
    const written = writeMapped(model, rules);
    expect([...written].map(([name, { shape }]) => [name, shape])).toEqual([
      ['y.0.linear', [3, 2]],
      ['z.y.0.linear', [3, 2]],
    ]);
    const bytes = await written.get('z.y.0.linear')?.bytes();
    expect([...new Float32Array((bytes as Uint8Array).slice().buffer)]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('refuses parameters without a rule, shapes that do not fit, and incomplete parts', () => {
    expect(() => writeMapped(file({ unknown: [1] }), rules)).toThrow(/1 unexpected/);
    expect(() => writeMapped(file({ 'x.0.patch': [10, 2] }), rules)).toThrow(
      /x.0.patch: expected a shape of layout 'patch'/,
    );
    expect(() => writeMapped(file({ 'x.0.p1': [1, 2] }), rules)).toThrow(
      /y.0.p: expected one parameter for part 0 of 3, got 0/,
    );
  });
});

it('the closest match needs the fewest changes, and at most half of the name', () => {
  expect(closestMatch('blocks.0.weight', ['blocks.1.bias', 'blocks.0.weights', 'x'])).toBe('blocks.0.weights');
  expect(closestMatch('weight', ['completely other'])).toBeUndefined();
});
