// Tables of names: there and back without loss, and everything that does not fit told at once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesSource,
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
import { nearest } from './nearest.ts';

const counting = (shape: readonly number[]): TensorValue => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => i),
});
const file = (tensors: Readonly<Record<string, readonly number[]>>): TensorFile =>
  tensorsInMemory(new Map(Object.entries(tensors).map(([name, shape]) => [name, counting(shape)])));

const packed: readonly KeyRule[] = ['query', 'key', 'value'].map((name, part) => ({
  ours: `blocks.{i}.${name}.weight`,
  theirs: ['resblocks.{i}.in_proj', 'clip.resblocks.{i}.in_proj'],
  layout: 'linear',
  part: [part, 3],
}));
const expected = new Map(['query', 'key', 'value'].map((name) => [`blocks.4.${name}.weight`, [2, 1]]));

describe('reading', () => {
  it('cuts packed projections apart and turns them, reading theirs once', async () => {
    const theirs = file({ 'resblocks.4.in_proj': [3, 2] });
    const read: string[] = [];
    const counted: TensorFile = {
      ...theirs,
      read(name) {
        read.push(name);
        return theirs.read(name);
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
  ])('lays out %s %j as %j', async (layout, theirs, ours, values) => {
    const read = await readMapped(file({ x: theirs }), [{ ours: 'y', theirs: 'x', layout }], new Map([['y', ours]]));
    expect(read.get('y')).toEqual({ shape: ours, data: Float32Array.from(values) });
  });

  it('takes either alias, and leaves harmless buffers aside', async () => {
    const theirs = file({
      'clip.resblocks.4.in_proj': [3, 2],
      'text.embeddings.position_ids': [1, 5],
      logit_scale: [],
    });
    await expect(readMapped(theirs, packed, expected)).rejects.toThrow(/1 unexpected[\s\S]*logit_scale/);
    expect((await readMapped(theirs, packed, expected, { ignore: [/^logit_scale$/] })).size).toBe(3);
  });

  it.each([
    [
      'another shape',
      { 'resblocks.4.in_proj': [3, 4] },
      /resblocks.4.in_proj: expected \[2,1\] here, got \[4,1\] from \[3,4\]/,
    ],
    ['rows that cannot be shared', { 'resblocks.4.in_proj': [4, 2] }, /got \[\?\] from \[4,2\]/],
    ['another rank', { 'resblocks.4.in_proj': [3, 2, 1] }, /got \[\?\] from \[3,2,1\]/],
    [
      'another name',
      { 'resblocks.4.in_prov': [3, 2] },
      /1 missing, 1 unexpected[\s\S]*in_proj \(nearest: resblocks.4.in_prov\)/,
    ],
    ['nothing', {}, /1 missing/],
  ])('tells of %s before any number is read', async (_, tensors, message) => {
    const theirs = { ...file(tensors), read: () => Promise.reject(new Error('read')) };
    await expect(readMapped(theirs, packed, expected)).rejects.toThrow(message);
  });

  it('leaves further names of the same numbers aside, whichever comes first', async () => {
    const theirs = file({ first: [3, 2], 'resblocks.4.in_proj': [3, 2], last: [3, 2], other: [3, 2] });
    const tensors = new Map(theirs.tensors);
    for (const name of ['resblocks.4.in_proj', 'last'])
      tensors.set(name, { dtype: 'F32', shape: [3, 2], aliasOf: 'first' });
    await expect(readMapped({ ...theirs, tensors }, packed, expected)).rejects.toThrow(/1 unexpected[\s\S]*other/);
    tensors.delete('other');
    expect((await readMapped({ ...theirs, tensors }, packed, expected)).size).toBe(3);
  });

  it('tells of a name of ours that no rule covers', async () => {
    await expect(readMapped(file({ x: [1] }), packed, new Map([['x', [1]]]))).rejects.toThrow(/1 missing/);
  });

  it('stops when asked to', async () => {
    const theirs = file({ 'resblocks.4.in_proj': [3, 2] });
    await expect(readMapped(theirs, packed, expected, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });
});

describe('writing', () => {
  /** One rule of each layout, and the shape of ours for any sizes. */
  const table: readonly (readonly [KeyRule, (a: number, b: number) => readonly number[]])[] = [
    [{ ours: 'x.{i}.bias', theirs: 'y.{i}.bias' }, (a) => [a]],
    [{ ours: 'x.{i}.gate', theirs: 'y.{i}.gate' }, () => []],
    [{ ours: 'x.{i}.linear', theirs: ['y.{i}.linear', 'z.y.{i}.linear'], layout: 'linear' }, (a, b) => [a, b]],
    [{ ours: 'x.{i}.patch', theirs: 'y.{i}.patch', layout: 'patch' }, (a, b) => [3 * a * a, b]],
    [{ ours: 'x.{i}.up', theirs: 'y.{i}.up', layout: 'transposed-convolution' }, (a, b) => [a, 4 * b]],
    [{ ours: 'x.{i}.depthwise', theirs: 'y.{i}.depthwise', layout: 'depthwise' }, (a, b) => [a, a, b, 1]],
    [{ ours: 'x.{i}.token', theirs: 'y.{i}.token', layout: 'squeeze-leading' }, (a) => [1 + a]],
    [{ ours: 'x.{i}.positions', theirs: 'y.{i}.positions', layout: 'squeeze-leading' }, (a, b) => [1 + a, b]],
    ...[0, 1, 2].flatMap((part) => [
      [
        { ours: `x.{i}.p${part}`, theirs: 'y.{i}.p', layout: 'linear', part: [part, 3] },
        (a: number, b: number) => [a, b],
      ] as const,
      [{ ours: `x.{i}.b${part}`, theirs: 'y.{i}.b', part: [part, 3] }, (a: number) => [a]] as const,
    ]),
  ];
  const rules = table.map(([rule]) => rule);

  it('and reading through the same table gives the very bits, whatever the sizes', async () => {
    const size = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(size, size), { minLength: 1, maxLength: 3 }), async (sizes) => {
        const ours = new Map(
          sizes.flatMap(([a, b], i) =>
            table.map(([rule, shape]) => [rule.ours.replace('{i}', `${i}`), counting(shape(a, b))] as const),
          ),
        );
        const written = await encodeSafetensors(writeMapped(tensorsInMemory(ours), rules));
        const theirs = await openTensors(bytesSource(written));
        const shapes = new Map([...ours].map(([name, { shape }]) => [name, shape]));
        const back = await readMapped(theirs, rules, shapes);
        for (const [name, value] of ours) expect(back.get(name)).toEqual(value);
      }),
    );
  });

  it('gives PyTorch its layouts, and every alias', async () => {
    const ours = file({ 'x.0.linear': [2, 3] });
    const written = writeMapped(ours, rules);
    expect([...written].map(([name, { shape }]) => [name, shape])).toEqual([
      ['y.0.linear', [3, 2]],
      ['z.y.0.linear', [3, 2]],
    ]);
    const bytes = await written.get('z.y.0.linear')?.bytes();
    expect([...new Float32Array((bytes as Uint8Array).slice().buffer)]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('refuses names without a rule, shapes that do not fit, and parts alone', () => {
    expect(() => writeMapped(file({ unknown: [1] }), rules)).toThrow(/1 unexpected/);
    expect(() => writeMapped(file({ 'x.0.patch': [10, 2] }), rules)).toThrow(
      /x.0.patch: expected a shape of layout 'patch'/,
    );
    expect(() => writeMapped(file({ 'x.0.p1': [1, 2] }), rules)).toThrow(
      /y.0.p: expected one tensor for part 0 of 3, got 0/,
    );
  });
});

it('the nearest name needs the fewest changes, and no more than half of the name', () => {
  expect(nearest('blocks.0.weight', ['blocks.1.bias', 'blocks.0.weights', 'x'])).toBe('blocks.0.weights');
  expect(nearest('weight', ['completely other'])).toBeUndefined();
});
