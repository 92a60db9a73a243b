// Batches: the same whatever the number of workers, bounded, abortable; the disk cache believes only unchanged files.
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageError } from '../errors.ts';
import type { SampleFile } from '../folder.ts';
import { encodePng } from '../images/encode.ts';
import { type Batch, type BatchOptions, type LoaderOptions, SampleLoader } from './loader.ts';

const SIZE = 16;
const preprocessing = { channelOrder: 'bgr', mean: [0.5, 0.4, 0.3], deviation: [1, 2, 3] } as const;

let folder = '';
let loaders: SampleLoader[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loading-'));
  loaders = [];
});
afterEach(async () => {
  await Promise.all(loaders.map((loader) => loader.dispose()));
  await rm(folder, { recursive: true });
});

function loader(options: Partial<LoaderOptions> = {}): SampleLoader {
  const made = new SampleLoader({ size: SIZE, ...options });
  loaders.push(made);
  return made;
}

const image = (salt: number, side = 24) =>
  encodePng({
    width: side,
    height: side,
    channels: 3,
    data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * salt) % 251),
  });
const mask = (from: number, side = 24) =>
  encodePng({
    width: side,
    height: side,
    channels: 1,
    data: Uint8Array.from({ length: side * side }, (_, i) => (i >= from ? 255 : 0)),
  });

async function samples(count: number): Promise<SampleFile[]> {
  await mkdir(join(folder, 'data'), { recursive: true });
  const at = (name: string) => join(folder, 'data', name);
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      await writeFile(at(`${i}.png`), await image(i + 1));
      await writeFile(at(`${i}_mask.png`), await mask(40 * i));
      return {
        name: `${i}`,
        prompt: `lesion ${i} on the left`,
        imagePath: at(`${i}.png`),
        maskPath: at(`${i}_mask.png`),
      };
    }),
  );
}

async function all(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

const options: BatchOptions = {
  batchSize: 3,
  preprocessing,
  augment: ['rotation', 'flips', 'affine', 'color'],
  key: (index) => ['test', 1, index],
  order: [6, 0, 3, 5, 1, 2, 4],
};

describe('batches', () => {
  it('are the same with no, one and three workers, from memory, from disk, and from the middle', async () => {
    const files = await samples(7);
    const expected = await all(loader().batches(files, options));
    expect(expected.map(({ names }) => names)).toEqual([['6', '0', '3'], ['5', '1', '2'], ['4']]);
    const cacheFolder = join(folder, 'cache');
    for (const kind of [
      { workers: 1 },
      { workers: 3 },
      { workers: 3, cacheFolder },
      { workers: 1, cacheFolder },
      { cacheFolder },
    ]) {
      const loading = loader(kind);
      expect(await all(loading.batches(files, options))).toEqual(expected);
      expect(loading.cachedBytes).toBe(7 * SIZE * SIZE * 4);
      expect(await all(loading.batches(files, { ...options, ahead: 0 }))).toEqual(expected);
      expect(await all(loading.batches(files, { ...options, from: 1 }))).toEqual(expected.slice(1));
    }
  });

  it('differ from key to key, and one augmentation more leaves the draws of the others alone', async () => {
    const [file] = (await samples(1)) as [SampleFile];
    const one = async (change: Partial<BatchOptions>) =>
      (await all(loader().batches([file], { ...options, order: [0], ...change })))[0] as Batch;
    const changed = { key: (index: number) => ['test', 2, index] };
    expect((await one({})).image).not.toEqual((await one(changed)).image);
    // The mask does not see colors.
    const key = () => ['test', 3];
    expect((await one({ key, augment: ['color', 'flips', 'affine'] })).mask).toEqual(
      (await one({ key, augment: ['flips', 'affine'] })).mask,
    );
  });

  it('join the masks of an image', async () => {
    const [a, b] = (await samples(2)) as [SampleFile, SampleFile];
    const top = join(folder, 'data/top.png');
    await writeFile(
      top,
      await encodePng({ width: 24, height: 24, channels: 1, data: new Uint8Array(576).fill(255, 0, 24) }),
    );
    const [batch] = await all(loader().batches([{ ...b, otherMaskPaths: [top] }], { batchSize: 1, preprocessing }));
    expect(batch?.mask.slice(0, SIZE)).toEqual(new Float32Array(SIZE).fill(1));
    const [alone] = await all(loader().batches([b], { batchSize: 1, preprocessing }));
    expect(alone?.mask.slice(0, SIZE)).toEqual(new Float32Array(SIZE));
    expect(a.name).toBe('0');
  });

  it.each([0, 2])('name the broken sample when its turn comes, with %i workers', async (workers) => {
    const files = await samples(4);
    await writeFile((files[2] as SampleFile).imagePath, 'no image');
    const batches = loader({ workers }).batches(files, { batchSize: 1, preprocessing });
    expect((await batches.next()).value.names).toEqual(['0']);
    expect((await batches.next()).value.names).toEqual(['1']);
    const reading = batches.next();
    await expect(reading).rejects.toBeInstanceOf(ImageError);
    await expect(reading).rejects.toMatchObject({ tag: 'datasets/image', file: (files[2] as SampleFile).imagePath });
    await expect(reading).rejects.toThrow(/2.png: expected a PNG/);
  });

  it.each([0, 2])('stop on a signal, with %i workers', async (workers) => {
    const control = new AbortController();
    const files = await samples(6);
    const loading = loader({ workers });
    const batches = loading.batches(files, { batchSize: 1, preprocessing, signal: control.signal });
    await batches.next();
    control.abort();
    await expect(batches.next()).rejects.toThrow(/abort/i);
    // The loader still serves others.
    expect(await all(loading.batches(files, { batchSize: 6, preprocessing }))).toHaveLength(1);
  });

  it.each([0, 2])('continue without a disk cache that cannot be written, with %i workers', async (workers) => {
    const files = await samples(7);
    // A file in place of the folder refuses every write, as a full disk does.
    const cacheFolder = join(folder, 'no-folder');
    await writeFile(cacheFolder, '');
    const errors: Error[] = [];
    const loading = loader({ workers, cacheFolder, onCacheError: (error) => errors.push(error) });
    const expected = await all(loader().batches(files, options));
    expect(await all(loading.batches(files, options))).toEqual(expected);
    expect(errors).toMatchObject([
      { tag: 'datasets/cache', message: expect.stringMatching(/no-folder: .* got 'E.*Loading continues without it/) },
    ]);
  });

  it('memory holds no more than it may', async () => {
    const loading = loader({ memory: 3 * SIZE * SIZE * 4 });
    await all(loading.batches(await samples(7), options));
    expect(loading.cachedBytes).toBe(3 * SIZE * SIZE * 4);
  });
});

describe('the disk cache', () => {
  const first = async (files: readonly SampleFile[], cacheFolder: string) =>
    (await all(loader({ cacheFolder }).batches(files, { batchSize: 1, preprocessing })))[0] as Batch;

  it('serves unchanged files without reading them, and reads changed ones again', async () => {
    const [file] = (await samples(1)) as [SampleFile];
    const cacheFolder = join(folder, 'cache');
    const before = await first([file], cacheFolder);
    // The same size and time: taken as unchanged, though the bytes are no image any more.
    const bytes = await readFile(file.imagePath);
    const time = new Date(1_700_000_000_000);
    await utimes(file.imagePath, time, time);
    await first([file], cacheFolder);
    await writeFile(file.imagePath, new Uint8Array(bytes.length));
    await utimes(file.imagePath, time, time);
    expect(await first([file], cacheFolder)).toEqual(before);
    // Another image in its place is seen, by its time alone and by its size.
    await writeFile(file.imagePath, await image(99));
    const after = await first([file], cacheFolder);
    expect(after.image).not.toEqual(before.image);
    await writeFile(file.maskPath, await mask(0));
    expect((await first([file], cacheFolder)).mask).toEqual(new Float32Array(SIZE * SIZE).fill(1));
    expect(await readdir(cacheFolder)).toHaveLength(1);
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ['hollow', (bytes: Buffer) => bytes.fill(0, 40, 200)],
    ['empty', () => Buffer.alloc(0)],
  ])('does not believe an entry that is %s', async (_, damage) => {
    const [file] = (await samples(1)) as [SampleFile];
    const cacheFolder = join(folder, 'cache');
    const before = await first([file], cacheFolder);
    const [entry] = (await readdir(cacheFolder)) as [string];
    await writeFile(join(cacheFolder, entry), damage(await readFile(join(cacheFolder, entry))));
    expect(await first([file], cacheFolder)).toEqual(before);
  });
});
