// One row of a sheet against its files.
import { createHash } from 'node:crypto';
import { maskNames } from '../folder.ts';
import { readImage } from '../images/decode-node.ts';
import { joinMasks } from '../images/masks.ts';
import { MASK_THRESHOLD, type RasterImage } from '../images/raster.ts';
import { readMaskFile } from '../masks/folder.ts';
import type { MaskReading } from '../masks/reading.ts';
import { findLesions } from '../prompts/lesions.ts';
import { claimsNoLesion, placesIn } from '../prompts/read.ts';
import type { PromptRow } from '../sheets/sheets.ts';
import type { ProblemKind } from './problems.ts';
import { isOnOtherSide } from './side.ts';

/** Share of the image above which a mask counts as full. */
const FULL = 0.95;

export interface RowReport {
  readonly problems: readonly (readonly [ProblemKind, string])[];
  /** Of the decoded pixels. */
  readonly content?: string;
  /** Of a prompt with one place, and a mask with one lesion. */
  readonly placeAgrees?: boolean;
  /** The same for the word of size. */
  readonly sizeAgrees?: boolean;
}

const digest = ({ width, height, data }: RasterImage): string =>
  createHash('sha1').update(`${width}x${height}:`).update(data).digest('hex');

function foreground(mask: RasterImage): RasterImage {
  return { ...mask, data: mask.data.map((v) => (v >= MASK_THRESHOLD ? 1 : 0)) };
}

/** A mask against its prompt. */
function checkMask(mask: RasterImage, { image, prompt }: PromptRow): RowReport {
  const area = mask.data.reduce((sum, v) => sum + v, 0) / mask.data.length;
  const nothing = claimsNoLesion(prompt);
  if (area === 0) return { problems: nothing ? [] : [['empty-mask', `${image} ('${prompt}')`]] };
  const shown = findLesions(mask);
  if (shown.length === 0) return { problems: [['near-empty-mask', `${image} (${(100 * area).toFixed(3)} %)`]] };
  if (nothing) return { problems: [['contradicted-mask', `${image} ('${prompt}')`]] };
  const full: RowReport['problems'] = area > FULL ? [['full-mask', `${image} (${(100 * area).toFixed(1)} %)`]] : [];
  const [named, ...others] = placesIn(prompt);
  const [lesion] = shown;
  if (named === undefined || others.length > 0 || shown.length !== 1 || !lesion) return { problems: full };
  const sizes = prompt.match(/\b(small|medium|large)\b/gi) ?? [];
  return {
    // The cells of the grid are a convention: being in the next one is no fault.
    placeAgrees: named === lesion.place,
    sizeAgrees: sizes.length === 1 ? sizes[0]?.toLowerCase() === lesion.size : undefined,
    problems: isOnOtherSide(mask, named)
      ? [...full, ['place', `${image} (prompt: ${named}, mask: ${lesion.place})`]]
      : full,
  };
}

/** Path of a file by the name that a sheet gives it. */
export type Finder = (name: string) => string | undefined;

/**
 * Opens the image and the masks of a row, and compares them with each other and with the prompt.
 *
 * @param reading how the masks of the folder are read; without one only their sizes are checked
 */
export async function checkRow(
  row: PromptRow,
  images: Finder,
  masks: Finder,
  reading: MaskReading | undefined,
): Promise<RowReport> {
  const imagePath = images(row.image);
  const maskPaths = maskNames(row.mask).map((name) => [name, masks(name)] as const);
  const problems: (readonly [ProblemKind, string])[] = [];
  if (imagePath === undefined) problems.push(['missing-image', row.image]);
  for (const [name, path] of maskPaths) if (path === undefined) problems.push(['missing-mask', name || row.image]);
  const open = (kind: ProblemKind, image: Promise<RasterImage>) =>
    image.catch((error) => {
      problems.push([kind, `${row.image} (${error instanceof Error ? error.message : String(error)})`]);
      return undefined;
    });
  const onWarning = (message: string) => problems.push(['assumed-window', message]);
  const image =
    imagePath === undefined ? undefined : await open('unreadable-image', readImage(imagePath, 'color', { onWarning }));
  const parts: RasterImage[] = [];
  for (const [, path] of maskPaths) {
    const part = path === undefined ? undefined : await open('unreadable-mask', readMaskFile(path, reading));
    if (part) parts.push(part);
  }
  const content = image && digest(image);
  if (parts.length === 0 || parts.length < maskPaths.length) return { problems, content };
  const size = image ?? (parts[0] as RasterImage);
  const other = parts.find(({ width, height }) => width !== size.width || height !== size.height);
  if (other) {
    problems.push(['mask-size', `${row.image} (${size.width}x${size.height}, mask ${other.width}x${other.height})`]);
    return { problems, content };
  }
  if (!reading) return { problems, content };
  const report = checkMask(foreground(joinMasks(parts)), row);
  return { ...report, content, problems: [...problems, ...report.problems] };
}
