// Images and masks against their sentences.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileIndex, maskNames, splitFolder } from '../folder.ts';
import { readImage } from '../images/decode-node.ts';
import { joinMasks } from '../images/masks.ts';
import { MASK_THRESHOLD, type RasterImage } from '../images/raster.ts';
import { findings } from '../sentences/findings.ts';
import { placesIn, speaksOfNothing } from '../sentences/read.ts';
import type { PromptRow } from '../sheets/sheets.ts';
import type { ProblemKind, ProblemList } from './problems.ts';
import type { Sheet } from './sheets.ts';

/** Share of the image above which a mask counts as full. */
const FULL = 0.95;

/** Files read at a time. */
const AHEAD = 4;

/** How many sentences agree with their mask, of those that can be held against it. */
export interface Agreement {
  readonly agree: number;
  readonly of: number;
}

export const addAgreement = (a: Agreement, b: Agreement): Agreement => ({ agree: a.agree + b.agree, of: a.of + b.of });

const NONE: Agreement = { agree: 0, of: 0 };

/** The agreement of one sentence with its mask; undefined where there is nothing to compare. */
const once = (agrees: boolean | undefined): Agreement =>
  agrees === undefined ? NONE : { agree: agrees ? 1 : 0, of: 1 };

interface FileReport {
  readonly problems: readonly (readonly [ProblemKind, string])[];
  /** Of the decoded pixels. */
  readonly content?: string;
  /** Of a sentence with one place, and a mask with one finding. */
  readonly placeAgrees?: boolean;
  /** The same for the word of size. */
  readonly sizeAgrees?: boolean;
}

const digest = ({ width, height, data }: RasterImage): string =>
  createHash('sha1').update(`${width}x${height}:`).update(data).digest('hex');

function foreground(mask: RasterImage): RasterImage {
  return { ...mask, data: mask.data.map((v) => (v >= MASK_THRESHOLD ? 1 : 0)) };
}

/** A mask against its sentence. */
function checkMask(mask: RasterImage, { image, sentence }: PromptRow): FileReport {
  const area = mask.data.reduce((sum, v) => sum + v, 0) / mask.data.length;
  const nothing = speaksOfNothing(sentence);
  if (area === 0) return { problems: nothing ? [] : [['empty-mask', `${image} ('${sentence}')`]] };
  if (nothing) return { problems: [['unspoken-finding', `${image} ('${sentence}')`]] };
  const shown = findings(mask);
  if (shown.length === 0) return { problems: [['near-empty-mask', `${image} (${(100 * area).toFixed(3)} %)`]] };
  const full: FileReport['problems'] = area > FULL ? [['full-mask', `${image} (${(100 * area).toFixed(1)} %)`]] : [];
  const told = placesIn(sentence);
  const [finding] = shown;
  if (told.length !== 1 || shown.length !== 1 || !finding) return { problems: full };
  const placeAgrees = told[0] === finding.place;
  const sizes = sentence.match(/\b(small|medium|large)\b/gi) ?? [];
  return {
    placeAgrees,
    sizeAgrees: sizes.length === 1 ? sizes[0]?.toLowerCase() === finding.size : undefined,
    problems: placeAgrees ? full : [...full, ['place', `${image} (told ${told[0]}, shown ${finding.place})`]],
  };
}

type Finder = (name: string) => string | undefined;

async function checkRow(row: PromptRow, images: Finder, masks: Finder): Promise<FileReport> {
  const imagePath = images(row.image);
  const maskPaths = maskNames(row.mask).map((name) => [name, masks(name)] as const);
  const problems: (readonly [ProblemKind, string])[] = [];
  if (imagePath === undefined) problems.push(['missing-image', row.image]);
  for (const [name, path] of maskPaths) if (path === undefined) problems.push(['missing-mask', name || row.image]);
  const open = (kind: ProblemKind, path: string, as: 'color' | 'gray') =>
    readImage(path, as).catch((error) => {
      problems.push([kind, `${row.image} (${error instanceof Error ? error.message : String(error)})`]);
      return undefined;
    });
  const image = imagePath === undefined ? undefined : await open('unreadable-image', imagePath, 'color');
  const parts: RasterImage[] = [];
  for (const [, path] of maskPaths) {
    const part = path === undefined ? undefined : await open('unreadable-mask', path, 'gray');
    if (part) parts.push(part);
  }
  const content = image && digest(image);
  if (parts.length === 0 || parts.length < maskPaths.length) return { problems, content };
  const size = image ?? (parts[0] as RasterImage);
  const odd = parts.find(({ width, height }) => width !== size.width || height !== size.height);
  if (odd) {
    problems.push(['mask-size', `${row.image} (${size.width}x${size.height}, mask ${odd.width}x${odd.height})`]);
    return { problems, content };
  }
  const report = checkMask(foreground(joinMasks(parts)), row);
  return { ...report, content, problems: [...problems, ...report.problems] };
}

export interface FilesOptions {
  readonly signal?: AbortSignal;
  readonly onImage?: () => void;
}

export interface SplitContents {
  readonly sheet: Sheet;
  /** Images by the digest of their pixels. */
  readonly images: ReadonlyMap<string, readonly string[]>;
  readonly places: Agreement;
  readonly sizes: Agreement;
}

/** Checks every row of a split's whole sheet against its files. */
export async function checkFiles(
  dataset: string,
  sheet: Sheet,
  problems: ProblemList,
  { signal, onImage }: FilesOptions,
): Promise<SplitContents> {
  const base = join(dataset, splitFolder(sheet.split));
  const nothing: Finder = () => undefined;
  const [images, masks] = await Promise.all(
    ['img', 'label'].map((kind) => fileIndex(join(base, kind)).catch(() => nothing)),
  );
  const reports: FileReport[] = new Array(sheet.rows.length);
  let next = 0;
  const work = async () => {
    while (next < sheet.rows.length) {
      signal?.throwIfAborted();
      const at = next++;
      reports[at] = await checkRow(sheet.rows[at] as PromptRow, images as Finder, masks as Finder);
      onImage?.();
    }
  };
  await Promise.all(Array.from({ length: AHEAD }, work));

  const byKind = new Map<ProblemKind, string[]>();
  const byContent = new Map<string, string[]>();
  let [places, sizes] = [NONE, NONE];
  for (const [i, { problems: found, content, placeAgrees, sizeAgrees }] of reports.entries()) {
    for (const [kind, item] of found) byKind.set(kind, [...(byKind.get(kind) ?? []), item]);
    const { image } = sheet.rows[i] as PromptRow;
    if (content !== undefined) byContent.set(content, [...(byContent.get(content) ?? []), image]);
    places = addAgreement(places, once(placeAgrees));
    sizes = addAgreement(sizes, once(sizeAgrees));
  }
  for (const [kind, items] of byKind)
    problems.add(kind, splitFolder(sheet.split), items, kind === 'place' ? places.of : sheet.rows.length);
  const twice = [...byContent.values()].map((names) => [...new Set(names)]).filter((names) => names.length > 1);
  problems.add(
    'duplicate-content',
    splitFolder(sheet.split),
    twice.map((names) => names.join(' = ')),
  );
  return { sheet, images: byContent, places, sizes };
}

/** The same pixels in two splits, under whatever names. */
export function checkSharedContent(splits: readonly SplitContents[], problems: ProblemList): void {
  for (const [i, a] of splits.entries())
    for (const b of splits.slice(i + 1)) {
      const shared = [...a.images].flatMap(([content, names]) => {
        const others = b.images.get(content);
        return others ? [`${names[0]} = ${others[0]}`] : [];
      });
      problems.add('shared-content', `${splitFolder(a.sheet.split)} and ${splitFolder(b.sheet.split)}`, shared);
    }
}
