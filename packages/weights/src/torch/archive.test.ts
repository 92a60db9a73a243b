// Constructed archives: large, inconsistent and hostile ones.
import { describe, expect, it } from 'vitest';
import { bytesFrom, little, type PickledTensor, pickledTensors } from '../../testing/pickle.ts';
import { sparseSource } from '../../testing/sparse.ts';
import { type MadeEntry, zipBytes, zipPieces } from '../../testing/zip.ts';
import { bytesSource, FormatError, openTensors, WeightsError } from '../index.ts';

const GIGABYTE = 2 ** 30;
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

const archive = (tensors: Record<string, PickledTensor>, storages: readonly MadeEntry[]): MadeEntry[] => [
  { name: 'archive/data.pkl', bytes: pickledTensors(tensors) },
  ...storages,
];
const six = { name: 'archive/data/0', bytes: floats(0, 1, 2, 3, 4, 5) };
const whole: PickledTensor = { key: '0', elements: 6, shape: [2, 3], strides: [3, 1] };
const open = (entries: readonly MadeEntry[], zip64?: boolean) => openTensors(bytesSource(zipBytes(entries, zip64)));

describe('large archives', () => {
  it.each([2.5, 5])('of %d GB are read only in the parts requested', async (gigabytes) => {
    const size = gigabytes * GIGABYTE;
    const tensors = {
      large: { key: '0', elements: size / 4, offset: size / 4 - 2, shape: [2], strides: [1] },
      last: { ...whole, key: '1' },
    };
    const entries = archive(tensors, [
      { name: 'archive/data/0', size },
      { name: 'archive/data/1', bytes: six.bytes },
    ]);
    const { pieces, size: total } = zipPieces(entries);
    // The last two numbers of the large storage are directly before the header of the next entry.
    const next = pieces.find(([at]) => at > size) as (typeof pieces)[number];
    const source = sparseSource(total, [...pieces, [next[0] - 8, floats(8, 9)]]);
    const file = await openTensors(source);
    expect((await file.read('large')).data).toEqual(Float32Array.of(8, 9));
    expect((await file.read('last')).data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    expect(source.bytesRead).toBeLessThan(200_000);
  });

  it('with zip64 fields for small numbers are read as well', async () => {
    const file = await open(archive({ whole }, [six]), true);
    expect((await file.read('whole')).data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
  });
});

describe('views', () => {
  it.each([
    ['a row', { offset: 3, shape: [3], strides: [1] }, [3, 4, 5]],
    ['a column', { offset: 1, shape: [2], strides: [3] }, [1, 4]],
    ['the transposed', { shape: [3, 2], strides: [1, 3] }, [0, 3, 1, 4, 2, 5]],
    ['a scalar', { offset: 5, shape: [], strides: [] }, [5]],
    ['nothing', { shape: [0, 3], strides: [3, 1] }, []],
    ['a repetition', { offset: 2, shape: [3], strides: [0] }, [2, 2, 2]],
  ])('give %s', async (_, view, expected) => {
    const file = await open(archive({ x: { ...whole, ...view } }, [six]));
    expect([...(await file.read('x')).data]).toEqual(expected);
  });

  it.each([
    ['beyond its storage', { offset: 1 }],
    ['with strides beyond its storage', { strides: [4, 1] }],
    ['with fewer strides than axes', { strides: [1] }],
    ['with a size that overflows', { shape: [2 ** 30, 2 ** 30], strides: [0, 0] }],
    ['that repeats one number a million times', { shape: [2 ** 20], strides: [0] }],
    [
      'of an impossible shape that is empty as well',
      { shape: [...Array(22).fill(2 ** 50), 0], strides: Array(23).fill(0) },
    ],
    ['of a storage larger than its entry', { elements: 60, offset: 20 }],
    ['of a storage that is not there', { key: '7' }],
    ['of a storage outside the archive', { key: '../0' }],
  ])('are refused %s', async (_, view) => {
    const reading = open(archive({ x: { ...whole, ...view } }, [six])).then((file) => file.read('x'));
    await expect(reading).rejects.toThrow(FormatError);
  });
});

describe('hostile archives', () => {
  it.each<[string, MadeEntry]>([
    ['a name with ..', { name: 'archive/../../etc/passwd' }],
    ['an absolute name', { name: '/etc/passwd' }],
    ['a name with backslashes', { name: '..\\x' }],
    ['a drive', { name: 'C:/x' }],
    ['a name that is there already', { name: 'archive/data/0' }],
    ['no name', { name: '' }],
  ])('with %s are refused', async (_, entry) => {
    await expect(open([...archive({ whole }, [six]), entry])).rejects.toThrow(FormatError);
  });

  it('with a compressed pickle, a bomb, are refused', async () => {
    const [pickle, storage] = archive({ whole }, [six]) as [MadeEntry, MadeEntry];
    await expect(open([{ ...pickle, method: 8 }, storage])).rejects.toThrow(/stored as it is/);
  });

  it('with compressed or encrypted tensors open, but refuse to read them', async () => {
    for (const lie of [{ method: 8 }, { flags: 1 }]) {
      const file = await open(archive({ whole }, [{ ...six, ...lie }]));
      await expect(file.read('whole')).rejects.toThrow(/stored as it is/);
    }
  });

  it('with entries that share bytes are refused', async () => {
    const bytes = zipBytes(archive({ whole }, [six, { name: 'archive/data/1', bytes: six.bytes }]));
    // The last local offset in the directory, 42 bytes into its entry, now names the entry before.
    const last = bytes.length - 22 - 46 - 'archive/data/1'.length;
    bytes.set(bytes.slice(last - 46 - 'archive/data/0'.length + 42).subarray(0, 4), last + 42);
    await expect(openTensors(bytesSource(bytes))).rejects.toThrow(/share no bytes/);
  });

  it('without a pickle, or without anything, are refused', async () => {
    await expect(open([six])).rejects.toThrow(/data.pkl/);
    await expect(openTensors(bytesSource(zipBytes([])))).rejects.toThrow(WeightsError);
  });

  it('of another byte order are refused', async () => {
    const order = { name: 'archive/byteorder', bytes: bytesFrom('big') };
    await expect(open([...archive({ whole }, [six]), order])).rejects.toThrow(/little-endian/);
  });
});

describe('the format before PyTorch 1.6', () => {
  const number = (value: number) => bytesFrom(0x80, 2, 0x8a, 4, little(value, 4), '.');
  const magic = bytesFrom(
    0x80,
    2,
    0x8a,
    0x0a,
    little(0xf9469cfc6c, 5),
    Uint8Array.of(0x20, 0x6a, 0xa8, 0x50, 0x19),
    '.',
  );
  const system = bytesFrom(0x80, 2, '}X', little(13, 4), 'little_endian', 0x88, 's.');
  const keys = bytesFrom(0x80, 2, ']X', little(1, 4), '0a.');
  const file = (elements: number, object = pickledTensors({ whole })) =>
    bytesFrom(magic, number(1001), system, object, keys, little(elements, 8), six.bytes);

  it('is read', async () => {
    const opened = await openTensors(bytesSource(file(6)));
    expect((await opened.read('whole')).data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
  });

  it('refuses a storage with a wrong length', async () => {
    const opened = await openTensors(bytesSource(file(7)));
    await expect(opened.read('whole')).rejects.toThrow(/6 elements in storage '0', got 7/);
  });

  it('refuses a file that is longer or shorter than its storages', async () => {
    await expect(openTensors(bytesSource(bytesFrom(file(6), 0)))).rejects.toThrow(FormatError);
    await expect(openTensors(bytesSource(file(6).subarray(0, -4)))).rejects.toThrow(FormatError);
  });

  it('reads pickles longer than the first window, and tensors beyond 4 GB, by ranges', async () => {
    const names = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`tensor ${i}`, whole]));
    const elements = 1.25 * GIGABYTE;
    const object = pickledTensors({ ...names, last: { ...whole, elements, offset: elements - 6 } });
    const conflicting = bytesFrom(magic, number(1001), system, object, keys);
    await expect(openTensors(bytesSource(conflicting))).rejects.toThrow(/one kind of storage/);

    const large = { ...whole, elements };
    const sound = pickledTensors({
      ...Object.fromEntries(Object.keys(names).map((n) => [n, large])),
      last: { ...large, offset: elements - 6 },
    });
    const head = bytesFrom(magic, number(1001), system, sound, keys, little(elements, 8));
    expect(head.length).toBeGreaterThan(256 * 1024);
    const size = head.length + 4 * elements;
    const source = sparseSource(size, [
      [0, head],
      [size - 24, six.bytes],
    ]);
    expect((await (await openTensors(source)).read('last')).data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    expect(source.bytesRead).toBeLessThan(4 * head.length);
  });
});
