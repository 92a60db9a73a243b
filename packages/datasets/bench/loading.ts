// Loading measured beside libvips (sharp) alone on the same files, in turns, so that whatever else the machine does falls on both alike.
import sharp from 'sharp';
import { type BatchOptions, type SampleFile, SampleLoader } from '../src/node.ts';

const SIZE = 224;
const BATCH: BatchOptions = {
  batchSize: 24,
  preprocessing: { channelOrder: 'bgr', mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  augment: ['rotation'],
  key: (index) => ['bench', index],
};

/** Image and mask of each file decoded and resized by sharp, as many at once as it takes to keep every core busy. */
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

/** Every file decoded, resized, augmented, normalised and put into batches. Nothing is cached. */
async function throughLoader(loader: SampleLoader, files: readonly SampleFile[]): Promise<void> {
  for await (const batch of loader.batches(files, BATCH))
    if (batch.names.length === 0) throw new Error('an empty batch');
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

export interface LoadingSpeed {
  readonly workers: number;
  /** Images a second: loaded by us, and decoded and resized by sharp alone. */
  readonly loader: number;
  readonly sharp: number;
  /** Median over rounds of the one as a part of the other. */
  readonly ratio: number;
}

/** Speed with a number of workers beside sharp with as many tasks at once. */
export async function loadingSpeed(files: readonly SampleFile[], workers: number, rounds = 7): Promise<LoadingSpeed> {
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
      workers,
      loader: median(rates.map(([ours]) => ours)),
      sharp: median(rates.map(([, alone]) => alone)),
      ratio: median(rates.map(([ours, alone]) => ours / alone)),
    };
  } finally {
    await loader.dispose();
  }
}

/** Resident memory in MiB after each tenth of `count` images, loaded by two workers with a cache of 64 MiB. */
export async function loadingMemory(files: readonly SampleFile[], count: number): Promise<number[]> {
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
