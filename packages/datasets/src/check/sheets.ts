// The prompt sheets of a dataset, and the problems of a single sheet.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PROMPT_DESIGNS, type Split, type SplitOptions, sheetStem, splitFolder } from '../folder.ts';
import type { DatasetEntry, Percentage } from '../registry.ts';
import { readPromptSheet } from '../sheets/files.ts';
import { type PromptRow, SHEET_SUFFIXES } from '../sheets/sheets.ts';
import type { ProblemList } from './problems.ts';

export const SPLITS = ['train', 'val', 'test'] as const;
export const PERCENTAGES = [100, 50, 25, 10] as const;

/** Counts the tokens of a prompt, start and end included. */
export interface TokenCounter {
  readonly count: (prompt: string) => number;
  readonly limit: number;
}

export interface Sheet {
  readonly split: Split;
  readonly options: SplitOptions;
  readonly file: string;
  readonly rows: readonly PromptRow[];
}

/** Every sheet that a dataset may have, the whole one of each split first. */
const KNOWN_SHEETS: readonly { split: Split; options: SplitOptions }[] = [
  ...(['train', 'val'] as const).flatMap((split) =>
    PERCENTAGES.map((percentage) => ({ split, options: { percentage } })),
  ),
  ...PROMPT_DESIGNS.map((design) => ({ split: 'test' as const, options: { design } })),
];

/** Whether a sheet must be there: the whole ones always, others where they are documented. */
function required(
  split: Split,
  { percentage = 100, design = 'original' }: SplitOptions,
  entry?: DatasetEntry,
): boolean {
  if (split === 'test') return design === 'original' || (entry?.designs.includes(design) ?? false);
  return percentage === 100 || entry?.[split][percentage] !== undefined;
}

function documented(split: Split, { percentage = 100 }: SplitOptions, entry: DatasetEntry): number | undefined {
  return split === 'test' ? entry.test : entry[split][percentage as Percentage];
}

/** Whether a folder has nothing to train on or to validate with, but something to test on. */
async function hasOnlyTest(folder: string, sheets: ReadonlySet<string>): Promise<boolean> {
  const entries = new Set(await readdir(folder).catch(() => []));
  const hasSheet = (split: Split) =>
    KNOWN_SHEETS.some(
      (sheet) =>
        sheet.split === split && SHEET_SUFFIXES.some((suffix) => sheets.has(sheetStem(split, sheet.options) + suffix)),
    );
  return (
    hasSheet('test') && !(['train', 'val'] as const).some((split) => hasSheet(split) || entries.has(splitFolder(split)))
  );
}

/** Reads the sheets below `Prompts_Folder`; those that are missing or do not open are reported. */
export async function readSheets(
  folder: string,
  entry: DatasetEntry | undefined,
  problems: ProblemList,
): Promise<Sheet[]> {
  const present = new Set(await readdir(join(folder, 'Prompts_Folder')).catch(() => []));
  const isTestOnly = await hasOnlyTest(folder, present);
  if (isTestOnly) problems.add('test-only', folder, ['no sheets and no folders for training and validation']);
  const sheets: Sheet[] = [];
  for (const { split, options } of KNOWN_SHEETS) {
    const stem = sheetStem(split, options);
    const file = SHEET_SUFFIXES.map((suffix) => stem + suffix).find((name) => present.has(name));
    if (file === undefined) {
      if (required(split, options, entry) && !(isTestOnly && split !== 'test'))
        problems.add('missing-sheet', `${stem}.xlsx`, ['no file']);
      continue;
    }
    try {
      sheets.push({ split, options, file, rows: await readPromptSheet(join(folder, 'Prompts_Folder', file)) });
    } catch (error) {
      problems.add('unreadable-sheet', file, [error instanceof Error ? error.message : String(error)]);
    }
  }
  return sheets;
}

/** The sheet with all rows of a split. */
export const wholeSheet = (sheets: readonly Sheet[], split: Split): Sheet | undefined =>
  sheets.find(
    (sheet) =>
      sheet.split === split &&
      (sheet.options.percentage ?? 100) === 100 &&
      (sheet.options.design ?? 'original') === 'original',
  );

function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(names.filter((name) => seen.has(name) || !seen.add(name)))];
}

/** Checks one sheet by itself. */
export function checkSheet(
  sheet: Sheet,
  entry: DatasetEntry | undefined,
  tokens: TokenCounter | undefined,
  problems: ProblemList,
): void {
  const { file, rows, split, options } = sheet;
  if (rows.length === 0) problems.add('empty-sheet', file, ['0 rows']);
  const count = entry && documented(split, options, entry);
  if (count !== undefined && count !== rows.length)
    problems.add('documented-count', file, [`${rows.length} rows, documented ${count}`]);
  problems.add('duplicate-row', file, repeated(rows.map(({ image }) => image)), rows.length);
  problems.add(
    'empty-prompt',
    file,
    rows.filter(({ prompt }) => prompt === '').map(({ image }) => image),
    rows.length,
  );
  if (tokens) {
    const long = rows.flatMap(({ image, prompt }) => {
      const n = tokens.count(prompt);
      return n > tokens.limit ? [`${image} (${n} of ${tokens.limit} tokens)`] : [];
    });
    problems.add('too-many-tokens', file, long, rows.length);
  }
}
