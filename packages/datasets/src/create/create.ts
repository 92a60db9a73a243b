// Anybody's own images and masks as a dataset: splits, subsets, and prompts written from the masks.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ImageError } from '../errors.ts';
import type { Split } from '../folder.ts';
import { decodeImage, readImage } from '../images/decode-node.ts';
import { encodePng } from '../images/encode.ts';
import { joinMasks } from '../images/masks.ts';
import { MASK_THRESHOLD, type RasterImage } from '../images/raster.ts';
import { findings } from '../prompts/findings.ts';
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
  /** The part of a name before its first such separator is the patient, all of whose images come into one split. */
  readonly patientSeparator?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (written: number, total: number) => void;
}

export interface CreateReport extends SplitCounts {
  /** Images whose mask shows nothing. */
  readonly withoutFinding: number;
}

/** A mask of 0 and 255. Where no pixel reaches the threshold, values are labels: whatever is not 0 is foreground. */
export function binaryMask(mask: RasterImage): RasterImage {
  const labels = mask.data.every((v) => v < MASK_THRESHOLD);
  return { ...mask, data: mask.data.map((v) => ((labels ? v > 0 : v >= MASK_THRESHOLD) ? 255 : 0)) };
}

async function readPair({ imagePath, maskPaths }: Pair) {
  const bytes = await readFile(imagePath);
  const { width, height } = await decodeImage(bytes, { name: imagePath });
  const parts = await Promise.all(maskPaths.map((path) => readImage(path, 'gray')));
  const mask = joinMasks(parts.map(binaryMask), maskPaths[0]);
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
 * image are joined into one PNG. Throws `LayoutError` and `ImageError`, and then leaves nothing behind.
 */
export async function createDataset(
  out: string,
  { images, masks, wording, seed, shares, patientSeparator, signal, onProgress }: CreateOptions,
): Promise<CreateReport> {
  const pairs = await pairFiles(images, masks);
  const splits = assignSplits(
    pairs.map(({ stem }) => stem),
    { seed, shares, ...(patientSeparator && { groupOf: (stem: string) => stem.split(patientSeparator)[0] as string }) },
  );
  let withoutFinding = 0;
  async function* samples(): AsyncGenerator<LayoutSample> {
    for (const pair of pairs) {
      const { bytes, mask } = await readPair(pair);
      const seen = findings(mask);
      if (seen.length === 0) withoutFinding++;
      yield {
        split: splits.get(pair.stem) as Split,
        image: { name: basename(pair.imagePath), bytes },
        mask: { name: `${pair.stem}.png`, bytes: await encodePng(mask) },
        prompts: writePrompts({ findings: seen }, wording),
      };
    }
  }
  const counts = await writeLayout(out, samples(), {
    seed,
    signal,
    onProgress: (written) => onProgress?.(written, pairs.length),
  });
  return { ...counts, withoutFinding };
}
