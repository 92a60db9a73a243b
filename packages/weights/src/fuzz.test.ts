// Damaged and hostile files end in plain numbers or a typed error with a readable message: 35,500 of them, in bounded memory and time.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutations } from '../testing/mutations.ts';
import { bytesFrom, little, pickledTensors } from '../testing/pickle.ts';
import { zipBytes } from '../testing/zip.ts';
import { bytesSource, openTensors, WeightsError } from './index.ts';
import { dataOffset, readZipDirectory } from './torch/zip.ts';

/** Processor time for one file, in seconds; wall-clock time would depend on the load of the machine. */
const MAXIMUM_TIME = 3;
const MEBIBYTE = 2 ** 20;
/** Allowed beyond the files, which have about 10 KB: tables, and tensors that repeat elements. */
const MAXIMUM_MEMORY = 512 * MEBIBYTE;

/** Words of a value that was not checked, or of an engine's own error. */
const INTERNALS =
  /\[object|undefined|\bNaN\b|is not a function|not iterable|Cannot read|outside the bounds|Invalid (typed array|array|string) length|allocation failed|call stack|Unexpected (token|end)|RangeError|TypeError|fetch failed/;

/** An error of this package, with a bounded message that a user can read: subject, expected, got, remedy. */
function expectReadable(error: unknown): void {
  expect(error).toBeInstanceOf(WeightsError);
  const { message } = error as WeightsError;
  expect(message).not.toMatch(INTERNALS);
  expect(message).toMatch(/^.+: expected .+, got .+\. .+\.$/s);
  expect(message.length).toBeLessThan(1500);
}

/** Opens a file and reads all of it; anything but a typed error is a fault. */
async function readAll(bytes: Uint8Array): Promise<void> {
  try {
    const file = await openTensors(bytesSource(bytes));
    for (const [name, { shape, dtype }] of file.tensors) {
      const { data } = await file.read(name).catch((error) => {
        expectReadable(error);
        return { data: undefined };
      });
      if (data) expect(data.length).toBe(shape.reduce((p, n) => p * n, dtype === 'C64' ? 2 : 1));
    }
  } catch (error) {
    expectReadable(error);
  }
}

const memory = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Reads a number of random files; fast-check reports the seed of a failure. */
async function feed(files: fc.Arbitrary<Uint8Array>, numRuns: number): Promise<void> {
  const before = memory();
  let [most, longest] = [0, 0];
  await fc.assert(
    fc.asyncProperty(files, async (bytes) => {
      const start = process.cpuUsage();
      await readAll(bytes);
      const { user, system } = process.cpuUsage(start);
      longest = Math.max(longest, (user + system) / 1e6);
      most = Math.max(most, memory() - before);
    }),
    { numRuns },
  );
  expect(most).toBeLessThan(MAXIMUM_MEMORY);
  expect(longest).toBeLessThan(MAXIMUM_TIME);
}

const damaged = (seeds: readonly Uint8Array[]) =>
  fc.tuple(fc.constantFrom(...seeds), mutations).map(([bytes, mutate]) => mutate(bytes));

describe('files that PyTorch wrote, with flipped bits, cut, stretched and with wrong lengths', () => {
  it.each([
    ['types.safetensors', 5000],
    ['types.pth', 3000],
    ['views.pth', 3000],
    ['views-protocol-4.pth', 1500],
    ['views-legacy.pth', 3000],
    ['script.pt', 1500],
    ['training.pth', 2500],
  ])('%s', async (name, runs) => {
    const bytes = await readFile(join(import.meta.dirname, '../fixtures', name));
    await feed(damaged([new Uint8Array(bytes)]), runs);
  });
});

it.each(['types.pth', 'views.pth', 'script.pt', 'training.pth'])(
  'only the pickle of %s damaged, in an intact archive',
  async (name) => {
    const source = bytesSource(new Uint8Array(await readFile(join(import.meta.dirname, '../fixtures', name))));
    const entries: { name: string; bytes: Uint8Array }[] = [];
    for (const entry of (await readZipDirectory(source)).values())
      if (entry.stored)
        entries.push({ name: entry.name, bytes: await source.read(await dataOffset(source, entry), entry.size) });
    const files = mutations.map((mutate) =>
      zipBytes(
        entries.map((entry) => (/data\.pkl$/.test(entry.name) ? { ...entry, bytes: mutate(entry.bytes) } : entry)),
      ),
    );
    await feed(files, 1500);
  },
);

describe('generated files', () => {
  const name = fc.constantFrom('a', 'b', '__metadata__', '__aliases__', '__proto__', '../a', '');
  const number = fc.oneof(fc.nat(16), fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 53, 1e300));
  const entry = fc.record({
    dtype: fc.constantFrom('F32', 'F16', 'I64', 'F4', 'C64', 'BOOL', 'toString'),
    shape: fc.array(number, { maxLength: 4 }),
    data_offsets: fc.tuple(number, number),
  });
  const header = fc.dictionary(
    name,
    fc.oneof({ weight: 9, arbitrary: entry }, fc.jsonValue() as fc.Arbitrary<unknown>),
  );

  it('safetensors headers with tensors that overlap or leave the file', () => {
    const files = fc.tuple(header, fc.nat(64)).map(([made, size]) => {
      const json = new TextEncoder().encode(JSON.stringify(made));
      return bytesFrom(little(json.length, 8), json, new Uint8Array(size));
    });
    return feed(files, 3000);
  });

  const word = fc.constantFrom('storage', '0', 'cpu', 'latin1', 'f4', 'os', 'system', '__torch__', 'x'.repeat(300));
  const text = word.map((value) => bytesFrom('X', little(value.length, 4), value));
  const global = fc
    .constantFrom(
      'os\nsystem',
      'builtins\neval',
      'collections\nOrderedDict',
      'torch._utils\n_rebuild_tensor_v2',
      'torch._utils\n_rebuild_tensor_v3',
      'torch\nFloatStorage',
      'torch.storage\nUntypedStorage',
      'torch\nuint16',
      'numpy.core.multiarray\nscalar',
      'numpy\ndtype',
      'numpy\nndarray',
      'numpy.core.multiarray\n_reconstruct',
      'argparse\nNamespace',
      'collections\ndefaultdict',
      'collections\nCounter',
      'collections\ndeque',
      'builtins\nset',
      'torch._tensor\n_rebuild_from_type_v2',
      '_codecs\nencode',
      '__torch__\nModule',
      'torch.jit._pickle\nrestore_type_tag',
    )
    .map((value) => bytesFrom(`c${value}\n`));
  const integer = fc.oneof(fc.nat(9), fc.nat(2 ** 31)).map((value) => bytesFrom('J', little(value, 4)));
  const memo = fc.tuple(fc.constantFrom('q', 'h'), fc.nat(3)).map(([opcode, key]) => bytesFrom(opcode, key));
  const opcode = fc
    .constantFrom(...'()]}NRQbtaes01u2l', 0x81, 0x85, 0x86, 0x87, 0x88, 0x8f, 0x90, 0x91, 0x93, 0x94)
    .map((code) => bytesFrom(code));
  const program = fc
    .array(fc.oneof({ weight: 4, arbitrary: opcode }, text, global, integer, memo), { maxLength: 40 })
    .map((steps) => bytesFrom(0x80, 2, ...steps, '.'));

  it('pickles of any opcodes, which contain themselves or refer to os.system', () => {
    const files = fc
      .tuple(program, fc.boolean())
      .map(([pickle, script]) =>
        zipBytes([
          { name: 'a/data.pkl', bytes: pickle },
          { name: 'a/data/0', bytes: new Uint8Array(32) },
          ...(script ? [{ name: 'a/constants.pkl', bytes: bytesFrom(0x80, 2, ').') }] : []),
        ]),
      );
    return feed(files, 4000);
  });

  it('attacks, each damaged further', async () => {
    const tensor = { key: '0', elements: 8, shape: [8], strides: [1] };
    const archive = (pickle: Uint8Array, ...others: readonly { name: string; method?: number }[]) =>
      zipBytes([
        { name: 'a/data.pkl', bytes: pickle },
        { name: 'a/data/0', bytes: new Uint8Array(32) },
        ...others.map((other) => ({ ...other, bytes: new Uint8Array(8) })),
      ]);
    const system = bytesFrom(0x80, 2, 'cposix\nsystem\n', 'X', little(4, 4), 'echo', 0x85, 'R.');
    const doubling = Array.from({ length: 60 }, (_, i) => bytesFrom(']q', i + 1, '(h', i, 'h', i, 'e'));
    const attacks = [
      archive(system),
      archive(bytesFrom(0x80, 2, ']q', 0, 'h', 0, 'a.')),
      archive(bytesFrom(0x80, 2, ']q', 0, ...doubling, '.')),
      archive(pickledTensors({ x: { ...tensor, shape: [2 ** 40], strides: [0] } })),
      archive(pickledTensors({ x: tensor, y: { ...tensor, offset: 4 } }), { name: 'a/data/1', method: 8 }),
      archive(pickledTensors({ x: tensor }), { name: '../../x' }),
      archive(pickledTensors({ x: tensor }), { name: 'a/data/0' }),
    ];
    await feed(damaged(attacks), 3000);
  });
});
