// Batches for training and scoring, prepared ahead of the step.
import { type BatchRow, batchRows } from '../augment/rows.ts';
import type { AugmentationStep } from '../augment/steps.ts';
import { DatasetError } from '../errors.ts';
import type { SampleFile } from '../folder.ts';
import type { Normalization } from '../images/normalize.ts';
import { type PreparedSample, type PrepareTask, prepareSample } from './prepare.ts';
import { maskPathsOf } from './sample.ts';
import { SampleCache } from './sample-cache.ts';
import { WorkerPool } from './worker-pool.ts';

export interface Batch {
  /** [B, size, size, 3] */
  readonly image: Float32Array;
  /** [B, size, size], 0 and 1 */
  readonly mask: Float32Array;
  readonly names: readonly string[];
  readonly prompts: readonly string[];
}

export interface LoaderOptions {
  /** Side of the images, in pixels. */
  readonly size: number;
  /**
   * Threads that decode and augment; 0 prepares on the calling thread, overlapping only the decoding. The batches are the same. A pool may be
   * shared, and is not ended with the loader.
   */
  readonly workers?: number | WorkerPool;
  /** Bytes of decoded samples kept in memory between epochs. */
  readonly memory?: number;
  /** A folder that keeps decoded samples between runs; entries of changed files are replaced. */
  readonly cacheFolder?: string;
  /** Called once if the cache folder cannot be written, such as on a full disk; loading continues without it. */
  readonly onCacheError?: (error: DatasetError) => void;
}

export interface BatchOptions {
  readonly batchSize: number;
  readonly preprocessing: Normalization;
  readonly augment?: readonly AugmentationStep[];
  /** The random key of a sample by its index, such as (seed, epoch, index): the same numbers whatever the order of loading. */
  readonly key?: (index: number) => readonly (number | string)[];
  /** Indices in the order to visit; all, in the sheet's order, by default. */
  readonly order?: readonly number[];
  /** Index of the first batch: where an interrupted epoch resumes. */
  readonly from?: number;
  /** Batches prepared ahead of the one that the caller works on. */
  readonly ahead?: number;
  readonly signal?: AbortSignal;
}

const cacheName = (file: SampleFile): string => [file.imagePath, ...maskPathsOf(file)].join('\n');

/** Loads samples of one size. Owns decoded pixels, and its threads unless it was given a pool: dispose it. */
export class SampleLoader {
  readonly #options: LoaderOptions;
  readonly #cache: SampleCache;
  readonly #pool: WorkerPool | undefined;
  readonly #ownsPool: boolean;
  #cacheFolder: string | undefined;

  constructor(options: LoaderOptions) {
    const { workers = 0, memory = 512 * 2 ** 20 } = options;
    this.#options = options;
    this.#cacheFolder = options.cacheFolder;
    this.#cache = new SampleCache(memory);
    this.#ownsPool = typeof workers === 'number';
    this.#pool = typeof workers !== 'number' ? workers : workers > 0 ? new WorkerPool(workers) : undefined;
  }

  /** Bytes of decoded samples held in memory. */
  get cachedBytes(): number {
    return this.#cache.bytes;
  }

  /**
   * The batches of a list of samples, in order, whatever the number of workers. At most `ahead` batches and the caller's own are held.
   * An aborted `signal` throws at the next batch. Throws `ImageError` at the batch that has the broken sample.
   */
  async *batches(files: readonly SampleFile[], options: BatchOptions): AsyncGenerator<Batch> {
    const { batchSize, order = files.map((_, i) => i), from = 0, ahead = 2, signal } = options;
    const groups: number[][] = [];
    for (let i = 0; i < order.length; i += batchSize) groups.push(order.slice(i, i + batchSize));
    // Ends what waits when the caller stops early.
    const stop = new AbortController();
    const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const begun: Promise<Batch>[] = [];
    const begin = (group: readonly number[]) => {
      const batch = this.#batch(files, group, options, ended);
      // Its error is seen where the batch is awaited; unhandled here it would end the process.
      batch.catch(() => {});
      begun.push(batch);
    };
    try {
      for (let i = from, next = from; i < groups.length; i++) {
        while (next < groups.length && next <= i + ahead) begin(groups[next++] as number[]);
        signal?.throwIfAborted();
        yield await (begun.shift() as Promise<Batch>);
      }
    } finally {
      stop.abort();
    }
  }

  async #batch(
    files: readonly SampleFile[],
    indices: readonly number[],
    options: BatchOptions,
    signal: AbortSignal,
  ): Promise<Batch> {
    const { size } = this.#options;
    const image = new Float32Array(indices.length * size * size * 3);
    const mask = new Float32Array(indices.length * size * size);
    const { augment = [], key = (i) => [i] } = options;
    const rows = batchRows(
      indices,
      augment,
      key,
      files.map(({ prompt }) => prompt),
    );
    const prompts = await Promise.all(
      rows.map(async (row, b) => {
        const prepared = await this.#prepare(files, row, options, signal);
        image.set(prepared.image, b * size * size * 3);
        mask.set(prepared.mask, b * size * size);
        return prepared.prompt;
      }),
    );
    return { image, mask, names: rows.map(({ index }) => (files[index] as SampleFile).name), prompts };
  }

  async #prepare(
    files: readonly SampleFile[],
    { index, key, partner }: BatchRow,
    { preprocessing, augment = [] }: BatchOptions,
    signal: AbortSignal,
  ): Promise<PreparedSample> {
    const { size } = this.#options;
    const cacheFolder = this.#cacheFolder;
    const known = (i: number) => {
      const file = files[i] as SampleFile;
      return { file, pixels: this.#cache.get(cacheName(file)) };
    };
    const own = known(index);
    const other = partner && { ...known(partner.index), asked: partner.asked };
    const task: PrepareTask = { ...own, size, cacheFolder, preprocessing, augment, key, partner: other };
    signal.throwIfAborted();
    const prepared = await (this.#pool?.run('prepare', task, signal) ?? prepareSample(task));
    this.#cache.keep(cacheName(own.file), prepared.pixels);
    if (other && prepared.partnerPixels) this.#cache.keep(cacheName(other.file), prepared.partnerPixels);
    if (prepared.cacheError !== undefined) this.#giveUpCache(prepared.cacheError);
    return prepared;
  }

  #giveUpCache(reason: string): void {
    const folder = this.#cacheFolder;
    // Samples that were under way at the same time fail as well.
    if (folder === undefined) return;
    this.#cacheFolder = undefined;
    const message = `${folder}: expected a cache that can be written, got '${reason}'. Loading continues without it; make room or choose another folder.`;
    this.#options.onCacheError?.(new DatasetError('datasets/cache', message));
  }

  /** Ends its threads and lets the pixels go. */
  async dispose(): Promise<void> {
    if (this.#ownsPool) await this.#pool?.dispose();
  }
}
