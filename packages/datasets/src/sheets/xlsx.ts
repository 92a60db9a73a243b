// Excel workbooks as tables. A workbook is a zip of XML, and either can claim to be endless: both are measured before they are read.
import { unzipSync } from 'fflate';
import { readSheet } from 'read-excel-file/universal';
import type { Table } from './table.ts';

/** Bytes that a workbook may unpack to. */
const MAXIMUM_UNPACKED = 1 << 28;
const MAXIMUM_ROWS = 1 << 20;
const MAXIMUM_CELLS = 20_000_000;

/** How far a worksheet reaches, by the addresses of its rows and cells: the reader fills everything up to them. */
function checkExtent(xml: string): void {
  let [rows, columns] = [0, 1];
  for (const [, address = ''] of xml.matchAll(/<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([^"']*)["']/g)) {
    if (!/^\d{1,7}$/.test(address)) throw new RangeError(`row number '${address}'`);
    rows = Math.max(rows, Number(address));
  }
  for (const [, address = ''] of xml.matchAll(/<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([^"']*)["']/g)) {
    const [, letters, row] = /^([A-Z]{1,3})(\d{1,7})$/.exec(address) ?? [];
    if (!letters) throw new RangeError(`cell address '${address}'`);
    columns = Math.max(
      columns,
      [...letters].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0),
    );
    rows = Math.max(rows, Number(row));
  }
  if (rows > MAXIMUM_ROWS || rows * columns > MAXIMUM_CELLS) throw new RangeError(`${rows} rows of ${columns} cells`);
}

/** The first sheet of a workbook (.xlsx), its strings inline or shared. Throws what the file's faults make it throw. */
export async function readXlsx(bytes: Uint8Array): Promise<Table> {
  let unpacked = 0;
  const sheets = unzipSync(bytes, {
    filter: ({ name, originalSize }) => {
      unpacked += originalSize;
      if (unpacked > MAXIMUM_UNPACKED) throw new RangeError(`${unpacked} bytes unpacked`);
      return /worksheets\/[^/]*\.xml$/.test(name);
    },
  });
  const decoder = new TextDecoder();
  for (const sheet of Object.values(sheets)) checkExtent(decoder.decode(sheet));
  const copy = Uint8Array.from(bytes);
  return await readSheet(copy.buffer);
}
