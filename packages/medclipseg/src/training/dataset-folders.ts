// Training data from datasets in the published folder layout.
import { availableParallelism } from 'node:os';
import {
  type MaskReadingOptions,
  readSplit,
  type SampleFile,
  SampleLoader,
  type SplitOptions,
  WorkerPool,
  withMaskReadings,
} from '@medclipseg/datasets/node';
import { ArgumentError } from '../errors.ts';
import type { Examples } from './examples.ts';
import type { FitData } from './fit.ts';

export interface DatasetFolderOptions
  extends Pick<SplitOptions, 'percentage'>,
    Pick<MaskReadingOptions, 'label' | 'onNotice' | 'signal'> {
  /** Threads that decode and augment while a step computes. Default: one less than the cores, at most 2. */
  readonly workers?: number;
  /** A folder that keeps decoded images for the next training. */
  readonly cacheFolder?: string;
  /** Called once if the cache cannot be written; the training continues without it. */
  readonly onCacheError?: (error: Error) => void;
}

/** Rows of a sheet whose image or mask does not exist; they are left out. */
export interface MissingFiles {
  readonly folder: string;
  readonly split: 'train' | 'val';
  readonly names: readonly string[];
}

export interface FolderData extends FitData {
  readonly validation: Examples;
  /** Prompts of the training images. */
  readonly prompts: readonly string[];
  readonly missing: readonly MissingFiles[];
  /** Ends the threads and releases decoded images. */
  dispose(): Promise<void>;
}

/**
 * Training and validation images of one or more datasets, used as one.
 *
 * @throws {LayoutError} for a folder without the published layout
 * @throws {MaskError} for masks whose values cannot be interpreted, or label maps of which no label is selected
 */
export async function openDatasetFolders(
  folders: readonly string[],
  {
    percentage,
    workers = Math.min(2, availableParallelism() - 1),
    cacheFolder,
    onCacheError,
    ...masks
  }: DatasetFolderOptions = {},
): Promise<FolderData> {
  if (folders.length === 0)
    throw new ArgumentError('datasets', 'at least one folder', 'none', 'Name the folder of a dataset.');
  const missing: MissingFiles[] = [];
  // What reads the masks decodes the images later.
  const threads = workers > 0 ? new WorkerPool(workers) : undefined;
  const survey = threads?.surveyMasks.bind(threads);
  const read = async (split: 'train' | 'val') => {
    const parts = await Promise.all(folders.map((folder) => readSplit(folder, split, { percentage })));
    for (const [i, part] of parts.entries())
      if (part.missing.length > 0) missing.push({ folder: folders[i] as string, split, names: part.missing });
    const read = parts.map(({ samples }, i) => withMaskReadings(samples, { ...masks, dataset: folders[i], survey }));
    return (await Promise.all(read)).flat();
  };
  let [train, val]: [readonly SampleFile[], readonly SampleFile[]] = [[], []];
  try {
    train = await read('train');
    val = await read('val');
  } catch (error) {
    await threads?.dispose();
    throw error;
  }
  let loader: { readonly size: number; readonly loader: SampleLoader } | undefined;
  /** One loader for both splits; its decoded images have the size of the model. */
  async function loaderFor(size: number): Promise<SampleLoader> {
    if (loader?.size !== size) {
      await loader?.loader.dispose();
      loader = { size, loader: new SampleLoader({ size, workers: threads, cacheFolder, onCacheError }) };
    }
    return loader.loader;
  }
  const examples = (samples: readonly SampleFile[]): Examples => ({
    size: samples.length,
    async *batches({ imageSize, ...request }) {
      yield* (await loaderFor(imageSize)).batches(samples, request);
    },
  });
  return {
    train: examples(train),
    validation: examples(val),
    prompts: train.map(({ prompt }) => prompt),
    missing,
    dispose: async () => {
      await loader?.loader.dispose();
      await threads?.dispose();
    },
  };
}
