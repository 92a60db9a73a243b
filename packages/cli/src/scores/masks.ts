// The masks that are scored: how both folders are read, and each pair as the published evaluation compares it.
import {
  interpretMasks,
  isBinary,
  type MaskReading,
  type RasterImage,
  resizeNearest,
  selectLabel,
} from '@medclipseg/datasets';
import { readMaskFile, surveyMasks } from '@medclipseg/datasets/node';
import type { MaskImage } from 'medclipseg/metrics';
import { UsageError } from '../errors.ts';

/** In the evaluation, foreground is strictly above this gray level. */
const THRESHOLD = 127;

/** A mask of 0 and 1 from gray levels. */
export const binaryMask = ({ width, height, data }: RasterImage): MaskImage => ({
  width,
  height,
  data: data.map((v) => (v > THRESHOLD ? 1 : 0)),
});

/** A predicted mask of any size, resized to the true mask by its nearest pixels. */
export const predictedMask = (prediction: RasterImage, { width, height }: MaskImage): MaskImage =>
  binaryMask(resizeNearest(prediction, width, height));

/** A folder of masks and how they are read. */
export interface MaskFolder {
  readonly flag: string;
  readonly path: string;
  readonly reading: MaskReading;
}

/** Reads the values of all masks of a folder. A file that does not decode is reported when it is scored. */
export async function openMasks(
  flag: string,
  path: string,
  files: Iterable<string>,
  signal: AbortSignal,
): Promise<MaskFolder> {
  return {
    flag,
    path,
    reading: interpretMasks(await surveyMasks([...files], { signal, onUnreadable: () => {} }), `${flag} ${path}`),
  };
}

/** What is scored: the foreground of both folders, or one label of both. */
export interface ScoredLabel {
  /** The label; undefined where both folders have one kind of foreground. */
  readonly label?: string;
  readonly truth: MaskReading;
  readonly prediction: MaskReading;
}

const FULL = 255;

const namesOf = (reading: MaskReading): string[] =>
  reading.kind === 'threshold' ? [] : reading.labels.map(({ name }) => name);

/** Masks that say foreground without a label number: gray levels, or 255 alone. */
const isUnlabeled = (reading: MaskReading): boolean =>
  reading.kind === 'threshold' ||
  (reading.values === 'gray' && reading.labels.length === 1 && reading.labels[0]?.value === FULL);

const isEmpty = (reading: MaskReading): boolean => reading.kind === 'labels' && reading.labels.length === 0;

const shown = ({ flag, reading }: MaskFolder): string => `${flag} with ${namesOf(reading).join(', ') || 'gray levels'}`;

/** The foreground of one label: none where only other masks of the run have it. */
function withLabel(folder: MaskFolder, label: string, other: MaskFolder): MaskReading {
  const { reading } = folder;
  if (namesOf(reading).includes(label)) return selectLabel(reading, label);
  if (isUnlabeled(reading)) return reading;
  if (isEmpty(reading) || namesOf(other.reading).includes(label)) return { ...reading, foreground: [] } as MaskReading;
  return selectLabel(reading, label, `${folder.flag} ${folder.path}`);
}

/**
 * What to score. Two folders of binary masks are compared whatever their values; label maps are compared label by label.
 *
 * @param label scores this label alone
 * @throws {@link UsageError} where the labels of the folders cannot be matched
 */
export function scoredLabels(truth: MaskFolder, prediction: MaskFolder, label?: string): ScoredLabel[] {
  const folders = [truth, prediction];
  const pair = (name: string): ScoredLabel => ({
    label: name,
    truth: withLabel(truth, name, prediction),
    prediction: withLabel(prediction, name, truth),
  });
  if (label !== undefined) return [pair(label.trim().toLowerCase())];
  const labeled = folders.filter(({ reading }) => !isUnlabeled(reading) && !isEmpty(reading));
  const binary = folders.every(({ reading }) => isBinary(reading));
  const labels = [...new Set(folders.flatMap(({ reading }) => namesOf(reading)))];
  const kinds = new Set(labeled.map(({ reading }) => reading.kind === 'labels' && reading.values === 'color'));
  if (binary && (labeled.length < 2 || kinds.size === 2 || labels.length === 1))
    return [{ truth: truth.reading, prediction: prediction.reading }];
  const unlabeled = folders.filter(({ reading }) => isUnlabeled(reading));
  const strays = unlabeled.some(
    ({ reading }) => reading.kind === 'threshold' || !labeled.every((f) => namesOf(f.reading).includes(String(FULL))),
  );
  if (strays || kinds.size === 2 || (binary && labels.length > 1))
    throw new UsageError(
      'labels',
      'true masks and predictions with the same labels',
      folders.map(shown).join(' and '),
      'Choose the label to score with --label.',
    );
  return labels.map(pair);
}

/** Reads a true mask and its prediction at the size of the true mask. */
export async function readPair(
  truthPath: string,
  predictionPath: string,
  { truth, prediction }: ScoredLabel,
): Promise<{ readonly truth: MaskImage; readonly prediction: MaskImage }> {
  const trueMask = binaryMask(await readMaskFile(truthPath, truth));
  return { truth: trueMask, prediction: predictedMask(await readMaskFile(predictionPath, prediction), trueMask) };
}

/** Whether neither mask has foreground. */
export const areEmpty = (...masks: readonly MaskImage[]): boolean =>
  masks.every(({ data }) => !Array.prototype.includes.call(data, 1));
