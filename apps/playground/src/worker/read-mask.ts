// Mask files: read by the same rule as on the command line, or the choice that must be made first.
import {
  describeImage,
  foregroundDecoder,
  foregroundMask,
  interpretMasks,
  isBinary,
  maskDecoder,
  type RasterImage,
  selectLabel,
  surveyMask,
  thresholdMask,
} from '@medclipseg/datasets';
import { decodeImage, maskSlices, openVolume } from '@medclipseg/datasets/browser';
import { PlaygroundError } from './errors.ts';
import type { Labels, Pages, TruthOptions } from './protocol.ts';
import type { Stack } from './stack.ts';

/** A volume of 512 slices of 512x512 in 16 bits fits twice. */
const MAXIMUM_FILE_BYTES = 512 * 2 ** 20;

export async function readFile(file: Blob, name: string): Promise<Uint8Array> {
  if (file.size > MAXIMUM_FILE_BYTES)
    throw new PlaygroundError(
      'playground/file-too-large',
      `${name}: expected at most ${MAXIMUM_FILE_BYTES} bytes, got ${file.size}. Choose a smaller file.`,
    );
  return new Uint8Array(await file.arrayBuffer());
}

const decodeMask = maskDecoder(decodeImage);
const decodeForeground = foregroundDecoder(decodeImage);

type Reading = ReturnType<typeof interpretMasks>;

/** The labels to choose from, where there are several and none is chosen. */
function labelsOf(reading: Reading, { label }: TruthOptions): Labels | undefined {
  if (reading.kind !== 'labels' || isBinary(reading) || label !== undefined) return undefined;
  return { labels: reading.labels.map(({ name }) => name) };
}

const chosenOf = (reading: Reading, { label }: TruthOptions, name: string): Reading =>
  label === undefined || label === 'all' || reading.kind !== 'labels' ? reading : selectLabel(reading, label, name);

/** The foreground of a mask file as 0 and 255, or the choice that must be made first. @param check throws for wrong sizes */
export async function readMask(
  file: Blob,
  name: string,
  options: TruthOptions,
  check: (size: { readonly width: number; readonly height: number }) => void,
): Promise<RasterImage | Pages | Labels> {
  const { page } = options;
  const bytes = await readFile(file, name);
  const { pages } = await describeImage(bytes, { name });
  if (pages > 1 && page === undefined) return { pages };
  const mask = await decodeMask(bytes, { name, page });
  check(mask);
  const reading = interpretMasks([surveyMask(mask, name)], name);
  return labelsOf(reading, options) ?? decodeForeground(bytes, chosenOf(reading, options, name), { name, page });
}

/** Any window: masks are read without one. */
const NO_WINDOW = { center: 0.5, width: 1 };

/**
 * A mask of all slices or pages of a stack, with 0 and 1 for each; undefined for files with fewer, which are masks of one slice. What the
 * values mean is decided from all slices together.
 */
export async function readMaskVolume(
  file: Blob,
  name: string,
  stack: Stack,
  options: TruthOptions,
): Promise<{ readonly at: (index: number) => Promise<Uint8Array> } | Labels | undefined> {
  if (stack.count === 1) return undefined;
  const bytes = await readFile(file, name);
  const { format, pages } = await describeImage(bytes, { name });
  if (stack.volume && format === 'nifti' && pages > 1) {
    const { current, axis } = stack.volume;
    const volume = await openVolume(bytes, { name, window: NO_WINDOW });
    const valuesAt = maskSlices(volume, current(), axis);
    const surveys = Array.from({ length: stack.count }, (_, index) => surveyMask(valuesAt(index), name));
    const reading = interpretMasks(surveys, name);
    const chosen = chosenOf(reading, options, name);
    return (
      labelsOf(reading, options) ?? {
        at: async (index) => {
          const values = valuesAt(index);
          return chosen.kind === 'labels'
            ? thresholdMask(foregroundMask(values, chosen, name))
            : Uint8Array.from(values.data, (value) => (value > 127 ? 1 : 0));
        },
      }
    );
  }
  if (pages !== stack.count) return undefined;
  const surveys = [];
  for (let page = 0; page < pages; page++) surveys.push(surveyMask(await decodeMask(bytes, { name, page }), name));
  const reading = interpretMasks(surveys, name);
  const chosen = chosenOf(reading, options, name);
  return (
    labelsOf(reading, options) ?? {
      at: async (page) => thresholdMask(await decodeForeground(bytes, chosen, { name, page })),
    }
  );
}
