// The images and masks of a split against its sheet.
import { join } from 'node:path';
import { isDatasetError } from '../errors.ts';
import { fileIndex, maskNames, splitFolder } from '../folder.ts';
import { surveyMasks } from '../masks/folder.ts';
import { describeValues, interpretMasks, isBinary, type MaskReading } from '../masks/reading.ts';
import type { PromptRow } from '../sheets/sheets.ts';
import type { ProblemKind, ProblemList } from './problems.ts';
import { checkRow, type Finder, type RowReport } from './row.ts';
import type { Sheet } from './sheets.ts';

/** Files read at a time. */
const AHEAD = 4;

/** How many prompts agree with their mask, of those that can be compared with it. */
export interface Agreement {
  readonly agree: number;
  readonly of: number;
}

export const addAgreement = (a: Agreement, b: Agreement): Agreement => ({ agree: a.agree + b.agree, of: a.of + b.of });

const NONE: Agreement = { agree: 0, of: 0 };

/** The agreement of one prompt with its mask; undefined where there is nothing to compare. */
const once = (agrees: boolean | undefined): Agreement =>
  agrees === undefined ? NONE : { agree: agrees ? 1 : 0, of: 1 };

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

/** How the masks of a split are read; undefined, with a problem reported, where their values cannot be interpreted. */
async function maskReadingOf(
  { rows, split }: Sheet,
  masks: Finder,
  problems: ProblemList,
  signal: AbortSignal | undefined,
): Promise<MaskReading | undefined> {
  const paths = new Set(rows.flatMap(({ mask }) => maskNames(mask).flatMap((name) => masks(name) ?? [])));
  // Files that do not decode are reported with their rows.
  const surveys = await surveyMasks([...paths], { signal, onUnreadable: () => {} });
  const where = join(splitFolder(split), 'label');
  try {
    const reading = interpretMasks(surveys, where);
    if (isBinary(reading)) return reading;
    problems.add('mask-values', where, [`several labels: ${describeValues(surveys)}`]);
  } catch (error) {
    if (!isDatasetError(error, 'datasets/mask')) throw error;
    problems.add('mask-values', where, [error.message]);
  }
  return undefined;
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
  const reading = await maskReadingOf(sheet, masks as Finder, problems, signal);
  const reports: RowReport[] = new Array(sheet.rows.length);
  let next = 0;
  const work = async () => {
    while (next < sheet.rows.length) {
      signal?.throwIfAborted();
      const at = next++;
      reports[at] = await checkRow(sheet.rows[at] as PromptRow, images as Finder, masks as Finder, reading);
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
