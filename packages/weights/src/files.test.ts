// Weight files: what is written is read back, and no mutation of bytes gives anything but a typed error.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesSource, encodeSafetensors, openTensors, readMapped, type TensorFile, WeightsError } from './index.ts';
import { openTensorFile, writeSafetensors } from './node.ts';
import { unpickle } from './unpickle.ts';

const tensors = new Map([
  ['a', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['scalar', { shape: [], data: Float32Array.of(7) }],
  ['empty', { shape: [0, 4], data: new Float32Array() }],
]);

/** Bytes of a pickle from opcodes, given as numbers and text. */
const pickle = (...parts: (number | string)[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...new TextEncoder().encode(part)])));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('safetensors', () => {
  it('gives back what was written, with its metadata, and leaves no temporary file', async () => {
    const path = join(folder, 'x.safetensors');
    await writeSafetensors(path, tensors, { epoch: '3' });
    const file = await openTensorFile(path);
    expect(file.metadata).toEqual({ epoch: '3' });
    for (const [name, value] of tensors) expect(await file.read(name)).toEqual(value);
    await file.close();
    expect(await readdir(folder)).toEqual(['x.safetensors']);
  });

  it('any mutation of its bytes gives the same numbers of values or a typed error', async () => {
    const whole = encodeSafetensors(tensors, { note: 'x' });
    const mutation = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255), cut: fc.option(fc.nat(whole.length)) });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        let bytes = whole.slice();
        for (const { at, to, cut } of mutations) {
          if (at < bytes.length) bytes[at] = to;
          if (cut !== null) bytes = bytes.slice(0, cut);
        }
        try {
          const file = await openTensors(bytesSource(bytes));
          for (const [name, { shape }] of file.tensors)
            expect((await file.read(name)).data.length).toBe(shape.reduce((p, n) => p * n, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [
      'two tensors that share bytes',
      { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] }, b: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } },
      12,
    ],
    ['a tensor outside the file', { a: { dtype: 'F32', shape: [8], data_offsets: [0, 32] } }, 8],
    ['an unknown type', { a: { dtype: 'F31', shape: [2], data_offsets: [0, 8] } }, 8],
    ['a negative size', { a: { dtype: 'F32', shape: [-2], data_offsets: [0, 8] } }, 8],
  ])('refuses %s', async (_, header, size) => {
    const json = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length + size);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    await expect(openTensors(bytesSource(bytes))).rejects.toThrow(WeightsError);
  });
});

describe('pickles', () => {
  it('a request for os.system is refused by name', () => {
    const attack = pickle(0x80, 2, 'cposix\nsystem\n', 0x58, 4, 0, 0, 0, 'echo', 0x85, 0x52, 0x2e);
    expect(() => unpickle(attack, 'x')).toThrow(/posix.system/);
  });

  it.each([
    ['builtins.eval', pickle(0x80, 2, 'cbuiltins\neval\n', 0x2e)],
    ['an opcode that builds instances', pickle(0x80, 2, 0x7d, 0x81, 0x2e)],
    ['the extension registry', pickle(0x80, 2, 0x82, 1, 0x2e)],
    ['a call of a plain value', pickle(0x80, 2, 0x4b, 1, 0x29, 0x52, 0x2e)],
  ])('refuses %s', (_, bytes) => {
    expect(() => unpickle(bytes, 'x')).toThrow(WeightsError);
  });

  it('lists that share children, a tree without end, are refused in bounded time', async () => {
    const shared = [0x5d, 0x71, 0]; // [] as memo 0
    const doubled = Array.from({ length: 50 }, (_, i) => [0x5d, 0x71, i + 1, 0x28, 0x68, i, 0x68, i, 0x65]).flat();
    const legacy = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
    const small = [0x80, 2, 0x4b, 1, 0x2e];
    const bytes = Uint8Array.from([
      ...legacy,
      ...small,
      ...small,
      0x80,
      2,
      ...shared,
      ...doubled,
      0x2e,
      0x80,
      2,
      0x5d,
      0x2e,
    ]);
    await expect(openTensors(bytesSource(bytes))).rejects.toThrow(/at most \d+ values/);
  });

  it('random bytes end in a value or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          unpickle(Uint8Array.from([0x80, 2, ...bytes, 0x2e]), 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('a file that is neither format is refused', async () => {
    const path = join(folder, 'x.pth');
    await writeFile(path, 'this is no archive at all');
    await expect(openTensorFile(path)).rejects.toThrow(/expected safetensors or a PyTorch file/);
  });
});

describe('key tables', () => {
  const rules = [
    { ours: 'blocks.{i}.query.weight', theirs: 'resblocks.{i}.in_proj', layout: 'linear', part: [0, 3] },
    { ours: 'blocks.{i}.key.weight', theirs: 'resblocks.{i}.in_proj', layout: 'linear', part: [1, 3] },
  ] as const;
  const open = (shape: number[], name = 'resblocks.4.in_proj'): Promise<TensorFile> =>
    openTensors(
      bytesSource(
        encodeSafetensors(
          new Map([
            [name, { shape, data: Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => i) }],
          ]),
        ),
      ),
    );
  const expected = new Map([
    ['blocks.4.query.weight', [2, 1]],
    ['blocks.4.key.weight', [2, 1]],
  ]);

  it('cut packed projections apart and turn them', async () => {
    const values = await readMapped(await open([3, 2]), rules, expected);
    expect([...(values.get('blocks.4.query.weight')?.data ?? [])]).toEqual([0, 1]);
    expect([...(values.get('blocks.4.key.weight')?.data ?? [])]).toEqual([2, 3]);
  });

  it('tell all that is missing, unexpected or misshapen, with the nearest name', async () => {
    await expect(readMapped(await open([3, 4]), rules, expected)).rejects.toThrow(
      /resblocks.4.in_proj: expected \[2,1\] here, got \[4,1\]/,
    );
    await expect(readMapped(await open([3, 2], 'resblocks.4.in_prov'), rules, expected)).rejects.toThrow(
      /resblocks.4.in_proj \(nearest: resblocks.4.in_prov\)/,
    );
  });
});
