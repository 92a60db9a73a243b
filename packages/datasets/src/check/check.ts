// Finds what would ruin an experiment on a dataset.
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { foundInstead, LayoutError } from '../errors.ts';
import { type Split, splitFolder } from '../folder.ts';
import { DATASETS, type DatasetEntry, type DatasetName } from '../registry.ts';
import { checkDesigns, checkSharedNames, checkSubsets } from './between-sheets.ts';
import { type Agreement, addAgreement, checkFiles, checkSharedContent, type SplitContents } from './files.ts';
import { type Problem, problemList, type Severity } from './problems.ts';
import { checkSheet, readSheets, SPLITS, type TokenCounter, wholeSheet } from './sheets.ts';

export interface CheckOptions {
  /** Name of a published dataset whose documented counts apply; the folder's own name by default, if it is one. */
  readonly name?: string;
  /** Prompts are not measured without one: tokenizers belong to the encoders. */
  readonly tokens?: TokenCounter;
  readonly signal?: AbortSignal;
  readonly onProgress?: (images: number, total: number) => void;
}

export interface CheckReport {
  readonly folder: string;
  /** The published dataset with which the sheets were compared. */
  readonly dataset?: DatasetName;
  /** Rows of each split's whole sheet. */
  readonly rows: Readonly<Partial<Record<Split, number>>>;
  /** Images that were opened; 0 for a folder of sheets only. */
  readonly images: number;
  /** Whether prompts were measured in tokens. */
  readonly tokensCounted: boolean;
  /** Prompts with one place whose mask has one lesion: how many agree on the 3x3 grid. */
  readonly places: Agreement;
  /** The same of their words for small, medium and large. */
  readonly sizes: Agreement;
  /** Errors first. */
  readonly problems: readonly Problem[];
  readonly counts: Readonly<Record<Severity, number>>;
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

/**
 * Checks a dataset in the published layout: sheets, subsets, designs, overlaps of splits, and, where there are images, each image,
 * its mask and its prompt. A folder of prompt sheets only is checked as far as sheets go.
 */
export async function checkDataset(folder: string, options: CheckOptions = {}): Promise<CheckReport> {
  await readdir(join(folder, 'Prompts_Folder')).catch((cause) => {
    throw new LayoutError(folder, 'a folder Prompts_Folder', foundInstead(cause), 'Give the folder of a dataset.');
  });
  const { signal, tokens, onProgress, name = basename(resolve(folder)) } = options;
  const dataset = Object.hasOwn(DATASETS, name) ? (name as DatasetName) : undefined;
  const entry: DatasetEntry | undefined = dataset && DATASETS[dataset];
  const problems = problemList();
  const sheets = await readSheets(folder, entry, problems);
  for (const sheet of sheets) checkSheet(sheet, entry, tokens, problems);
  for (const split of ['train', 'val'] as const) checkSubsets(sheets, split, problems);
  checkDesigns(sheets, problems);
  checkSharedNames(sheets, problems);

  const whole = SPLITS.flatMap((split) => wholeSheet(sheets, split) ?? []);
  const contents: SplitContents[] = [];
  const present = await Promise.all(SPLITS.map((split) => isFolder(join(folder, splitFolder(split)))));
  if (present.some(Boolean)) {
    const total = whole.reduce((sum, { rows }) => sum + rows.length, 0);
    let done = 0;
    for (const sheet of whole)
      contents.push(await checkFiles(folder, sheet, problems, { signal, onImage: () => onProgress?.(++done, total) }));
    checkSharedContent(contents, problems);
  }
  const found = problems.sorted();
  const count = (severity: Severity) => found.filter((problem) => problem.severity === severity).length;
  return {
    folder,
    dataset,
    rows: Object.fromEntries(whole.map(({ split, rows }) => [split, rows.length])),
    images: contents.reduce(
      (sum, { images }) => sum + [...images.values()].reduce((n, names) => n + names.length, 0),
      0,
    ),
    tokensCounted: tokens !== undefined,
    places: contents.map(({ places }) => places).reduce(addAgreement, { agree: 0, of: 0 }),
    sizes: contents.map(({ sizes }) => sizes).reduce(addAgreement, { agree: 0, of: 0 }),
    problems: found,
    counts: { error: count('error'), warning: count('warning'), note: count('note') },
  };
}
