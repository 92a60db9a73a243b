// Prompt sheets on disk.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { foundInstead, LayoutError } from '../errors.ts';
import { MAXIMUM_SHEET_BYTES, noSheet, parsePromptSheet, parseTable, SHEET_SUFFIXES } from './sheets.ts';
import type { PromptRow, Table } from './table.ts';

async function sheetBytes(path: string): Promise<Uint8Array> {
  return stat(path)
    .then(({ size }) => {
      if (size > MAXIMUM_SHEET_BYTES) throw noSheet(path, `${size} bytes`);
      return readFile(path);
    })
    .catch((cause) => {
      if ((cause as { tag?: string }).tag) throw cause;
      throw noSheet(path, foundInstead(cause), cause);
    });
}

/** Reads a prompt sheet (.xlsx, .csv or .jsonl); see {@link parsePromptSheet}. */
export const readPromptSheet = async (path: string): Promise<PromptRow[]> =>
  parsePromptSheet(await sheetBytes(path), path);

/** Reads the cells of any sheet (.xlsx, .csv or .jsonl), titles first. Throws `DatasetError`. */
export const readTable = async (path: string): Promise<Table> => parseTable(await sheetBytes(path), path);

/**
 * The path of a sheet of which only the ending is unknown. If there is none, the path in the published layout.
 * Throws `LayoutError` where there are several: they may disagree.
 */
export async function findSheet(folder: string, stem: string): Promise<string> {
  const names = await readdir(folder).catch((cause) => {
    if (cause.code === 'ENOENT') return [];
    throw new LayoutError(folder, 'a folder of prompt sheets', foundInstead(cause), 'Check its permissions.');
  });
  const present = new Set(names);
  const found = SHEET_SUFFIXES.map((suffix) => stem + suffix).filter((name) => present.has(name));
  if (found.length > 1) throw new LayoutError(folder, `one sheet ${stem}`, found.join(' and '), 'Remove all but one.');
  return join(folder, found[0] ?? `${stem}.xlsx`);
}
