// Excel workbooks as tables. A workbook is a zip of XML, and either can claim to be endless: both are measured before they are read.

import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { FormatError } from '../images/bytes.ts';
import type { Table } from './table.ts';

/** Bytes that a workbook may unpack to. */
const MAXIMUM_UNPACKED = 1 << 28;
const MAXIMUM_ROWS = 1 << 20;
const MAXIMUM_CELLS = 20_000_000;

/** How far a worksheet reaches, by the addresses of its rows and cells: the reader fills everything up to them. */
function checkExtent(xml: string): void {
  let [rows, columns] = [0, 1];
  for (const [, address = ''] of xml.matchAll(/<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([^"']*)["']/g)) {
    if (!/^\d{1,7}$/.test(address)) throw new FormatError(`row number '${address}'`);
    rows = Math.max(rows, Number(address));
  }
  for (const [, address = ''] of xml.matchAll(/<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([^"']*)["']/g)) {
    const [, letters, row] = /^([A-Z]{1,3})(\d{1,7})$/.exec(address) ?? [];
    if (!letters) throw new FormatError(`cell address '${address}'`);
    columns = Math.max(columns, columnNumber(letters));
    rows = Math.max(rows, Number(row));
  }
  if (rows > MAXIMUM_ROWS || rows * columns > MAXIMUM_CELLS) throw new FormatError(`${rows} rows of ${columns} cells`);
}

/** Letters of a column, counted from 1. */
function columnName(column: number): string {
  const rest = (column - 1) % 26;
  const letters = String.fromCharCode(65 + rest);
  return column > 26 ? columnName((column - 1 - rest) / 26) + letters : letters;
}

/** Numbers of the letters of a column, counted from 1. */
const columnNumber = (letters: string): number =>
  [...letters].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0);

/** A worksheet in which every row and cell has its address, which is optional (ECMA-376, 18.3.1.4): by default the next one. */
function withAddresses(xml: string): string {
  let [row, column] = [0, 0];
  return xml.replace(/<(\w+:)?(row|c)\b([^<>]*)>/g, (tag, prefix = '', element: string, attributes: string) => {
    const [, address] = /\br\s*=\s*["']([^"']*)["']/.exec(attributes) ?? [];
    if (element === 'row') [row, column] = [address === undefined ? row + 1 : Number(address), 0];
    else column = address === undefined ? column + 1 : columnNumber(/^[A-Z]*/.exec(address)?.[0] ?? '');
    if (address !== undefined) return tag;
    return `<${prefix}${element} r="${element === 'row' ? row : columnName(column) + row}"${attributes}>`;
  });
}

/** The first sheet of a workbook (.xlsx), its strings inline or shared. Throws what the file's faults make it throw. */
export async function readXlsx(bytes: Uint8Array): Promise<Table> {
  let unpacked = 0;
  const files = unzipSync(bytes, {
    filter: ({ name, originalSize }) => {
      unpacked += originalSize;
      if (unpacked > MAXIMUM_UNPACKED) throw new FormatError(`${unpacked} bytes unpacked`);
      return /\.xml(\.rels)?$/.test(name);
    },
  });
  for (const [name, file] of Object.entries(files)) {
    if (!/worksheets\/[^/]*\.xml$/.test(name)) continue;
    const xml = withAddresses(strFromU8(file));
    checkExtent(xml);
    files[name] = strToU8(xml);
  }
  const { readSheet } = await import('read-excel-file/universal');
  // Not packed again: the reader would inflate everything a second time.
  return await readSheet(zipSync(files, { level: 0 }).buffer as ArrayBuffer);
}
