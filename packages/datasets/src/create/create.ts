// A dataset from a user's own images and masks: splits, subsets, and prompts written from the masks.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ImageError } from '../errors.ts';
import type { Split } from '../folder.ts';
import { decodeImage } from '../images/decode-node.ts';
import { encodePng } from '../images/encode.ts';
import { joinMasks } from '../images/masks.ts';
import { MASK_THRESHOLD } from '../images/raster.ts';
import { interpretMaskFiles, readMaskFile } from '../masks/folder.ts';
import { isBinary, MaskError, type MaskReading, selectLabel } from '../masks/reading.ts';
import { findLesions } from '../prompts/lesions.ts';
import { type Wording, writePrompts } from '../prompts/write.ts';
import { type LayoutSample, type SplitCounts, writeLayout } from './layout.ts';
import { type Pair, pairFiles } from './pairs.ts';
import { assignSplits, type SplitShares } from './splits.ts';

export interface CreateOptions {
  /** Folders of images and of masks, paired by name; see {@link pairFiles}. */
  readonly images: string;
  readonly masks: string;
  readonly wording: Wording;
  /** Draws splits and subsets. */
  readonly seed: number;
  readonly shares?: SplitShares;
  /** Names that are equal up to the first such separator are of one patient; all of its images go into one split. */
  readonly patientSeparator?: string;
  /** The label of label maps that is foreground, as a number or a color such as `#ff0000`; by default all labels are. */
  readonly label?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (written: number, total: number) => void;
}

export interface CreateReport extends SplitCounts {
  /** Images without foreground. */
  readonly withoutFinding: number;
  /** The labels that became foreground; none where the masks are gray levels cut at the threshold. */
  readonly labels: readonly string[];
}

/** How the masks are read. Several labels are joined, unless no pixel is left as background. */
async function readingOf(
  pairs: readonly Pair[],
  folder: string,
  { label, signal }: CreateOptions,
): Promise<MaskReading> {
  const paths = pairs.flatMap(({ maskPaths }) => maskPaths);
  const reading = await interpretMaskFiles(paths, folder, { signal });
  if (label !== undefined) return selectLabel(reading, label, folder);
  if (reading.kind === 'labels' && !isBinary(reading) && !reading.hasBackground)
    throw new MaskError(
      folder,
      'label maps with a background of 0',
      `only the labels ${reading.labels.map(({ name }) => name).join(', ')}`,
      'Choose the label that is foreground with --label.',
    );
  return reading;
}

async function readPair({ imagePath, maskPaths }: Pair, reading: MaskReading) {
  const bytes = await readFile(imagePath);
  const { width, height } = await decodeImage(bytes, { name: imagePath });
  const parts = await Promise.all(maskPaths.map((path) => readMaskFile(path, reading)));
  const gray = joinMasks(parts, maskPaths[0]);
  const mask = { ...gray, data: gray.data.map((v) => (v >= MASK_THRESHOLD ? 255 : 0)) };
  if (mask.width !== width || mask.height !== height)
    throw new ImageError(
      maskPaths[0] as string,
      `a mask of ${width}x${height} pixels, as its image`,
      `${mask.width}x${mask.height}`,
    );
  return { bytes, mask };
}

/**
 * Writes a dataset in the published layout from a folder of images and one of masks. Images are copied as they are; the masks of an
 * image are joined into one PNG. Throws `LayoutError` and `ImageError`, and then leaves no output.
 */
export async function createDataset(out: string, options: CreateOptions): Promise<CreateReport> {
  const { images, masks, wording, seed, shares, patientSeparator, signal, onProgress } = options;
  const pairs = await pairFiles(images, masks);
  const splits = assignSplits(
    pairs.map(({ stem }) => stem),
    { seed, shares, ...(patientSeparator && { groupOf: (stem: string) => stem.split(patientSeparator)[0] as string }) },
  );
  const reading = await readingOf(pairs, masks, options);
  let withoutFinding = 0;
  async function* samples(): AsyncGenerator<LayoutSample> {
    for (const pair of pairs) {
      const { bytes, mask } = await readPair(pair, reading);
      const seen = findLesions(mask);
      if (seen.length === 0) withoutFinding++;
      yield {
        split: splits.get(pair.stem) as Split,
        image: { name: basename(pair.imagePath), bytes },
        mask: { name: `${pair.stem}.png`, bytes: await encodePng(mask) },
        prompts: writePrompts({ lesions: seen }, wording),
      };
    }
  }
  const counts = await writeLayout(out, samples(), {
    seed,
    signal,
    onProgress: (written) => onProgress?.(written, pairs.length),
  });
  const labels =
    reading.kind === 'threshold'
      ? []
      : reading.labels.filter(({ value }) => reading.foreground.includes(value)).map(({ name }) => name);
  return { ...counts, withoutFinding, labels };
}
