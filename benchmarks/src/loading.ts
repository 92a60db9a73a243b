// Speed of loading relative to libvips (sharp) on the same files. Both are measured alternately, so that other load on the machine affects both.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BatchOptions, readSplit, type SampleFile, SampleLoader, writePhantoms } from '@medclipseg/datasets/node';
import sharp from 'sharp';
import { median } from './measure.ts';
import type { Result } from './result.ts';

const SIZE = 224;
const BATCH: BatchOptions = {
  batchSize: 24,
  preprocessing: { channelOrder: 'bgr', mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  augment: ['rotation'],
  key: (index) => ['bench', index],
};

/** Decodes and resizes the image and mask of each sample with sharp. @param atOnce samples in parallel */
async function sharpAlone(files: readonly SampleFile[], atOnce: number): Promise<void> {
  const options = { fit: 'fill', fastShrinkOnLoad: false } as const;
  let next = 0;
  const work = async () => {
    for (let file = files[next++]; file; file = files[next++])
      await Promise.all([
        sharp(file.imagePath)
          .resize(SIZE, SIZE, { ...options, kernel: 'linear' })
          .raw()
          .toBuffer(),
        sharp(file.maskPath)
          .resize(SIZE, SIZE, { ...options, kernel: 'nearest' })
          .grayscale()
          .raw()
          .toBuffer(),
      ]);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** Decodes, resizes, augments, normalizes and batches every sample, without a cache. */
async function throughLoader(loader: SampleLoader, files: readonly SampleFile[]): Promise<void> {
  for await (const batch of loader.batches(files, BATCH))
    if (batch.names.length === 0) throw new Error('batch: expected samples, got none');
}

interface LoadingSpeed {
  /** Images per second of the loader and of sharp. */
  readonly loader: number;
  readonly sharp: number;
  /** Median over rounds of the loader's speed divided by sharp's. */
  readonly ratio: number;
}

/** Speed of the loader with a number of workers, and of sharp with as many parallel tasks. */
async function loadingSpeed(files: readonly SampleFile[], workers: number, rounds = 7): Promise<LoadingSpeed> {
  const loader = new SampleLoader({ size: SIZE, workers, memory: 0 });
  const seconds = async (work: () => Promise<void>) => {
    const start = performance.now();
    await work();
    return (performance.now() - start) / 1000;
  };
  try {
    await throughLoader(loader, files);
    await sharpAlone(files, workers);
    const rates: [number, number][] = [];
    for (let i = 0; i < rounds; i++)
      rates.push([
        files.length / (await seconds(() => throughLoader(loader, files))),
        files.length / (await seconds(() => sharpAlone(files, workers))),
      ]);
    return {
      loader: median(rates.map(([ours]) => ours)),
      sharp: median(rates.map(([, alone]) => alone)),
      ratio: median(rates.map(([ours, alone]) => ours / alone)),
    };
  } finally {
    await loader.dispose();
  }
}

/** Resident memory in MiB after each tenth of `count` images, loaded by two workers with a cache of 64 MiB. */
async function loadingMemory(files: readonly SampleFile[], count: number): Promise<number[]> {
  const loader = new SampleLoader({ size: SIZE, workers: 2, memory: 64 * 2 ** 20 });
  const order = Array.from({ length: count }, (_, i) => i % files.length);
  const memory: number[] = [];
  let seen = 0;
  try {
    for await (const { names } of loader.batches(files, { ...BATCH, order })) {
      seen += names.length;
      if (seen >= ((memory.length + 1) * count) / 10) memory.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
    }
  } finally {
    await loader.dispose();
  }
  return memory;
}

/** Runs `work` on the training samples of a dataset, or on temporary phantoms. */
async function withFiles<T>(
  dataset: string | undefined,
  work: (files: readonly SampleFile[]) => Promise<T>,
): Promise<T> {
  if (dataset !== undefined) return work((await readSplit(dataset, 'train')).samples);
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const phantoms = join(folder, 'phantoms');
    await writePhantoms(phantoms, { modality: 'endoscopy', count: 100, seed: 1, size: 256 });
    return await work((await readSplit(phantoms, 'train')).samples);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Speed and memory of loading. @param dataset a folder in the published layout; phantoms by default */
export const loading = (dataset?: string): Promise<Result[]> =>
  withFiles(dataset, async (files) => {
    const results: Result[] = [];
    const images = dataset ?? 'phantoms, 256x256';
    for (const workers of [1, 2]) {
      const { loader, sharp: alone, ratio } = await loadingSpeed(files.slice(0, 240), workers);
      results.push({
        suite: 'loading',
        name: `${workers} ${workers === 1 ? 'worker' : 'workers'}`,
        value: ratio,
        unit: 'speed of the loader / sharp',
        bound: { atLeast: 0.6 },
        detail: { 'images/s': Math.round(loader), 'sharp images/s': Math.round(alone), images },
      });
    }
    const memory = await loadingMemory(files, 10_000);
    results.push({
      suite: 'loading',
      name: 'memory, 10,000 images',
      value: (memory.at(-1) as number) / (memory[1] as number),
      unit: 'memory / memory after 2,000',
      bound: { atMost: 1.15 },
      detail: { MiB: memory.join(' ') },
    });
    return results;
  });
