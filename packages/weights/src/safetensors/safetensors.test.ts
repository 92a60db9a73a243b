// safetensors files: a round trip keeps every tensor; malformed files are refused.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sparseSource } from '../../testing/sparse.ts';
import {
  bytesSource,
  encodeSafetensors,
  FormatError,
  openTensors,
  type StoredTensor,
  storedAs,
  storedTensors,
} from '../index.ts';
import { openTensorFile, writeSafetensors } from '../node.ts';

const tensors = new Map([
  ['a', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['scalar', { shape: [], data: Float32Array.of(7) }],
  ['empty', { shape: [0, 4], data: new Float32Array() }],
  ['__proto__', { shape: [1], data: Float32Array.of(8) }],
]);

const file = (header: unknown, bytes = 0) => {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const whole = new Uint8Array(8 + json.length + bytes);
  new DataView(whole.buffer).setBigUint64(0, BigInt(json.length), true);
  whole.set(json, 8);
  return whole;
};
const entry = (dtype: string, shape: unknown, ...data_offsets: unknown[]) => ({ dtype, shape, data_offsets });

describe('on disk', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weights-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('a round trip keeps tensors and metadata, and leaves no temporary file', async () => {
    const path = join(folder, 'x.safetensors');
    await writeSafetensors(path, tensors, { epoch: '3' });
    const opened = await openTensorFile(path);
    expect(opened.metadata).toEqual({ epoch: '3' });
    for (const [name, value] of tensors) expect(await opened.read(name)).toEqual(value);
    await opened.close();
    expect(await readdir(folder)).toEqual(['x.safetensors']);
  });

  it('a write that fails or is canceled leaves the old file and no temporary one', async () => {
    const path = join(folder, 'x.safetensors');
    await writeSafetensors(path, tensors);
    const before = await readFile(path);
    const failing: StoredTensor = { dtype: 'F32', shape: [1], bytes: () => Promise.reject(new Error('gone')) };
    const short: StoredTensor = { dtype: 'F32', shape: [2], bytes: async () => new Uint8Array(4) };
    const signal = AbortSignal.abort();
    await expect(writeSafetensors(path, new Map([['x', failing]]))).rejects.toThrow('gone');
    await expect(writeSafetensors(path, new Map([['x', short]]))).rejects.toThrow(FormatError);
    await expect(writeSafetensors(path, tensors, {}, { signal })).rejects.toThrow(/abort/);
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder)).toEqual(['x.safetensors']);
  });
});

it('a copy keeps types and bits; half precision is written on request', async () => {
  const values = Float32Array.of(1 / 3, -65504, 1e-8);
  const original = await encodeSafetensors(
    new Map<string, StoredTensor>([
      ['half', storedAs({ shape: [3], data: values }, 'F16')],
      ['brain', storedAs({ shape: [3], data: values }, 'BF16')],
      ['single', storedAs({ shape: [3], data: values })],
      ['long', { dtype: 'I64', shape: [1], bytes: async () => Uint8Array.of(1, 0, 0, 0, 0, 0, 32, 0) }],
    ]),
  );
  const opened = await openTensors(bytesSource(original));
  expect(await encodeSafetensors(storedTensors(opened))).toEqual(original);
  const halved = await openTensors(bytesSource(await encodeSafetensors(storedTensors(opened, 'F16'))));
  expect(Object.fromEntries([...halved.tensors].map(([name, { dtype }]) => [name, dtype]))).toEqual({
    half: 'F16',
    brain: 'F16',
    single: 'F16',
    long: 'I64',
  });
  expect((await halved.read('single')).data).toEqual((await opened.read('half')).data);
});

it('values that do not fit their shape or type are refused', () => {
  const data = Float32Array.of(1, 2);
  expect(() => storedAs({ shape: [3], data })).toThrow(/expected 3 values for \[3\], got 2/);
  expect(() => storedAs({ shape: [0.5, 4], data })).toThrow(/a shape of natural numbers, got \[0.5,4\]/);
  expect(() => storedAs({ shape: [2], data }, 'F64' as never)).toThrow(/one of F32, F16, BF16, got 'F64'/);
});

describe('a tensor with several names', () => {
  const value = { shape: [100], data: Float32Array.from({ length: 100 }, (_, i) => i) };
  const other = { shape: [1], data: Float32Array.of(5) };

  it('is written once and found under all of them', async () => {
    const once = await encodeSafetensors(new Map([['a', value]]));
    const bytes = await encodeSafetensors(
      new Map([
        ['a', value],
        ['x', other],
        ['b', value],
        ['__proto__', value],
      ]),
      { epoch: '3' },
    );
    expect(bytes.length).toBeLessThan(once.length + 200);
    const file = await openTensors(bytesSource(bytes));
    expect(file.metadata).toEqual({ epoch: '3' });
    expect([...file.tensors].map(([name, { aliasOf }]) => [name, aliasOf])).toEqual([
      ['a', undefined],
      ['x', undefined],
      ['b', 'a'],
      ['__proto__', 'a'],
    ]);
    for (const name of ['a', 'b', '__proto__']) expect(await file.read(name)).toEqual(value);
    // And again, in another type.
    const halves = await encodeSafetensors(storedTensors(file, 'F16'));
    expect(halves.length).toBeLessThan(bytes.length - 190);
    expect((await (await openTensors(bytesSource(halves))).read('b')).data).toEqual(value.data);
  });

  it('keeps the rest of its names where the first is left out', async () => {
    const file = await openTensors(
      bytesSource(
        await encodeSafetensors(
          new Map([
            ['a', value],
            ['b', value],
            ['c', value],
          ]),
        ),
      ),
    );
    const stored = storedTensors(file);
    stored.delete('a');
    const { tensors } = await openTensors(bytesSource(await encodeSafetensors(stored)));
    expect([...tensors].map(([name, { aliasOf }]) => [name, aliasOf])).toEqual([
      ['b', undefined],
      ['c', 'b'],
    ]);
  });

  it('is refused with a key that is taken, and read only from a sound list of names', async () => {
    await expect(encodeSafetensors(new Map([['a', value]]), { __aliases__: '{}' })).rejects.toThrow(FormatError);
    for (const __aliases__ of ['x', '[]', '{"b":1}', '{"b":"c"}', '{"a":"a"}', '{"__metadata__":"a"}'])
      await expect(
        openTensors(bytesSource(file({ a: entry('F32', [2], 0, 8), __metadata__: { __aliases__ } }, 8))),
      ).rejects.toThrow(/__aliases__/);
  });
});

it('a round trip keeps any tensors, each aligned to its elements', async () => {
  const tensor = fc.record({
    dtype: fc.constantFrom('F32', 'F16', 'BF16'),
    data: fc.float32Array({ maxLength: 9, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), tensor), async (made) => {
      const entries = Object.entries(made).filter(([name]) => name !== '__metadata__');
      const stored = entries.map(
        ([name, { dtype, data }]) => [name, storedAs({ shape: [data.length], data }, dtype)] as const,
      );
      const bytes = await encodeSafetensors(new Map(stored));
      const opened = await openTensors(bytesSource(bytes));
      expect([...opened.tensors.keys()].sort()).toEqual(entries.map(([name]) => name).sort());
      for (const [name, { dtype, data }] of entries) {
        const { data: read } = await opened.read(name);
        if (dtype === 'F32') expect(read).toEqual(data);
        const { offset = 0, length = 0 } = opened.tensors.get(name)?.range ?? {};
        expect(offset % (data.length === 0 ? 1 : length / data.length)).toBe(0);
      }
    }),
  );
});

it('a tensor beyond 5 GB is read alone', async () => {
  const [large, small] = [5 * 2 ** 30, 8];
  const header = file({ large: entry('U8', [large], 0, large), small: entry('F32', [2], large, large + small) });
  const size = header.length + large + small;
  const source = sparseSource(size, [
    [0, header],
    [size - 8, new Uint8Array(Float32Array.of(3, 4).buffer)],
  ]);
  expect((await (await openTensors(source)).read('small')).data).toEqual(Float32Array.of(3, 4));
  expect(source.bytesRead).toBeLessThan(1000);
});

describe('is refused', () => {
  it.each<[string, Uint8Array]>([
    ['with two tensors that share bytes', file({ a: entry('F32', [2], 0, 8), b: entry('F32', [2], 4, 12) }, 12)],
    ['with bytes between tensors', file({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 8, 12) }, 12)],
    ['with bytes after the last tensor', file({ a: entry('F32', [1], 0, 4) }, 8)],
    ['with a tensor outside the file', file({ a: entry('F32', [8], 0, 32) }, 8)],
    ['with an unknown type', file({ a: entry('F31', [2], 0, 8) }, 8)],
    ['with a type that every object has', file({ a: entry('constructor', [2], 0, 8) }, 8)],
    ['with a negative size', file({ a: entry('F32', [-2], 0, 8) }, 8)],
    ['with a size that is no number', file({ a: entry('F32', ['2'], 0, 8) }, 8)],
    ['with a size beyond counting', file({ a: entry('F32', [2 ** 52, 2 ** 52], 0, 8) }, 8)],
    ['with packed elements that do not fill a byte', file({ a: entry('F4', [3], 0, 2) }, 2)],
    ['with metadata other than texts', file({ __metadata__: { a: 1 } })],
    ['with a list as metadata', file({ __metadata__: ['a'] })],
    ['with a header that is a list', file('[{"a":1}]')],
    ['with a header nested without end', file(`{"a":${'['.repeat(100_000)}`)],
    ['with a header that is no text', file('{"\u00ff":').fill(0xff, 9)],
    ['with a header longer than the file', file({}).fill(0xff, 0, 5)],
    ['cut off before its header', Uint8Array.of(1, 0, 0)],
  ])('%s', async (_, bytes) => {
    await expect(openTensors(bytesSource(bytes))).rejects.toThrow(FormatError);
  });
});
