// Prompt sheets: which image goes with which prompt and mask. Workbooks, comma-separated values and JSON lines read alike.
import { DatasetError } from '../errors.ts';
import { FormatError } from '../images/bytes.ts';
import { readCsv, readJsonLines } from './lines.ts';
import { type PromptRow, promptRows, type Table } from './table.ts';
import { readXlsx } from './xlsx.ts';

export type { PromptRow } from './table.ts';

/** Larger sheets are refused. */
export const MAXIMUM_SHEET_BYTES = 1 << 28;

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError('text that is not encoded in UTF-8');
  }
}

/** How a sheet is read, by the ending of its name. The order is the order of preference. */
const READERS: Readonly<Record<string, (bytes: Uint8Array) => Table | Promise<Table>>> = {
  '.xlsx': readXlsx,
  '.csv': (bytes) => readCsv(textOf(bytes)),
  '.jsonl': (bytes) => readJsonLines(textOf(bytes)),
};

/** The endings that the name of a prompt sheet may have. */
export const SHEET_SUFFIXES: readonly string[] = Object.keys(READERS);

/** The error for a file that is not a prompt sheet. */
export const noSheet = (name: string, reason: string, cause?: unknown): DatasetError =>
  new DatasetError(
    'datasets/layout',
    `${name}: expected a prompt sheet (${SHEET_SUFFIXES.join(', ')}), got ${reason}. Check the file.`,
    { cause },
  );

/** The cells of a sheet, titles first; see {@link parsePromptSheet}. */
export async function parseTable(bytes: Uint8Array, name: string): Promise<Table> {
  const suffix = SHEET_SUFFIXES.find((ending) => name.toLowerCase().endsWith(ending));
  if (suffix === undefined) throw noSheet(name, 'a name with another ending');
  if (bytes.length > MAXIMUM_SHEET_BYTES) throw noSheet(name, `${bytes.length} bytes`);
  try {
    return await (READERS[suffix] as (bytes: Uint8Array) => Table | Promise<Table>)(bytes);
  } catch (cause) {
    const detail = cause instanceof FormatError ? ` (${cause.actual})` : '';
    throw noSheet(name, `one that does not open${detail}`, cause);
  }
}

/**
 * The rows of a prompt sheet, sorted by image as the reference sorts them. An empty sheet has none.
 *
 * @param name the file's name; its ending is the format: `.xlsx`, `.csv` or `.jsonl`
 */
export async function parsePromptSheet(bytes: Uint8Array, name: string): Promise<PromptRow[]> {
  return promptRows(await parseTable(bytes, name), name);
}
