// Mask files on disk, read by the rule of their folder.
import { basename, dirname, resolve } from 'node:path';
import { isDatasetError } from '../errors.ts';
import { decodeImage, readImageBytes } from '../images/decode-node.ts';
import type { RasterImage } from '../images/raster.ts';
import { DATASETS } from '../registry.ts';
import { foregroundDecoder } from './foreground.ts';
import { interpretMasks, isBinary, MaskError, type MaskReading, selectLabel } from './reading.ts';
import { type MaskSurvey, surveyMask } from './survey.ts';
import { maskDecoder } from './values.ts';

/** Reads the stored values of a mask file. */
export const decodeMask = maskDecoder(decodeImage);

const decodeForeground = foregroundDecoder(decodeImage);

/** Files read at a time. */
const AHEAD = 4;

export interface SurveyOptions {
  readonly signal?: AbortSignal;
  /** Called with the error of a file that does not decode; without it the error is thrown. */
  readonly onUnreadable?: (error: unknown) => void;
}

/** The values of mask files. Throws `ImageError` where a file does not decode. */
export async function surveyMasks(
  paths: readonly string[],
  { signal, onUnreadable }: SurveyOptions = {},
): Promise<MaskSurvey[]> {
  const surveys: (MaskSurvey | undefined)[] = new Array(paths.length);
  let next = 0;
  const work = async () => {
    while (next < paths.length) {
      signal?.throwIfAborted();
      const at = next++;
      const path = paths[at] as string;
      try {
        surveys[at] = surveyMask(await decodeMask(await readImageBytes(path), { name: path }), path);
      } catch (error) {
        if (!onUnreadable) throw error;
        onUnreadable(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AHEAD, paths.length) }, work));
  return surveys.filter((survey) => survey !== undefined);
}

/** How the masks of a folder are read, from the values of the given files in it. Throws `MaskError` and `ImageError`. */
export const interpretMaskFiles = async (
  paths: readonly string[],
  folder: string,
  options: SurveyOptions = {},
): Promise<MaskReading> => interpretMasks(await surveyMasks(paths, options), folder);

/** Reads a mask file as gray levels to be thresholded at 127: as decoded for the published threshold, 0 and 255 for labels. */
export const readMaskFile = async (path: string, reading: MaskReading = { kind: 'threshold' }): Promise<RasterImage> =>
  decodeForeground(await readImageBytes(path), reading, { name: path });

/** The mask files of a sample, and how they are read. */
interface MaskedSample {
  readonly maskPath: string;
  readonly otherMaskPaths?: readonly string[];
  readonly maskReading?: MaskReading;
}

export interface MaskReadingOptions extends Pick<SurveyOptions, 'signal'> {
  /** The label of label maps that is foreground, as a number or a color such as `#ff0000`. */
  readonly label?: string;
  /**
   * The folder of the dataset. The masks of a published dataset, recognized by the folder's name, that cannot be interpreted are
   * read by the published threshold, so that published figures can be reproduced.
   */
  readonly dataset?: string;
  /** Called with the reason when that happens. */
  readonly onNotice?: (text: string) => void;
  /** Reads the values of the mask files; by default on the calling thread. */
  readonly survey?: (paths: readonly string[], options: Pick<SurveyOptions, 'signal'>) => Promise<MaskSurvey[]>;
}

/**
 * Samples with the reading of their masks, decided for each folder of masks from all masks of the samples in it.
 * Throws `MaskError` where the masks cannot be interpreted, or hold several labels of which none is selected.
 */
export async function withMaskReadings<S extends MaskedSample>(
  samples: readonly S[],
  { label, dataset, onNotice, survey = surveyMasks, signal }: MaskReadingOptions = {},
): Promise<(S & { readonly maskReading?: MaskReading })[]> {
  const pathsOf = ({ maskPath, otherMaskPaths = [] }: S) => [maskPath, ...otherMaskPaths];
  const isPublished = dataset !== undefined && Object.hasOwn(DATASETS, basename(resolve(dataset)));
  const readings = new Map<string, MaskReading>();
  for (const folder of new Set(samples.map(({ maskPath }) => dirname(maskPath)))) {
    const paths = [...new Set(samples.flatMap(pathsOf).filter((path) => dirname(path) === folder))];
    try {
      const reading = interpretMasks(await survey(paths, { signal }), folder);
      readings.set(folder, singleForeground(reading, folder, label));
    } catch (error) {
      if (!isPublished || label !== undefined || !isDatasetError(error, 'datasets/mask')) throw error;
      onNotice?.(`${error.message} Reading them with the published threshold: foreground is gray level 127 and above.`);
      readings.set(folder, { kind: 'threshold' });
    }
  }
  return samples.map((sample) => ({ ...sample, maskReading: readings.get(dirname(sample.maskPath)) }));
}

/** A reading with one kind of foreground: the selected label, or the only one. */
function singleForeground(reading: MaskReading, folder: string, label: string | undefined): MaskReading {
  if (label !== undefined) return selectLabel(reading, label, folder);
  if (isBinary(reading)) return reading;
  const labels = reading.kind === 'labels' ? reading.labels.map(({ name }) => name).join(', ') : '';
  throw new MaskError(
    folder,
    'masks with one kind of foreground',
    `label maps with the labels ${labels}`,
    'Choose one with --label, or make a dataset of it with `medclipseg dataset create`.',
  );
}
