// Prompt sheets in the form of the published ones: one worksheet of inline strings in an .xlsx archive.
import { strToU8, zipSync } from 'fflate';
import type { PromptRow } from '../sheets/sheets.ts';

const HEADER = ['Image', 'Description', 'Ground Truth'] as const;

const OFFICE = 'http://schemas.openxmlformats.org';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** The parts of an archive that never change. */
const FRAME: Readonly<Record<string, string>> = {
  '[Content_Types].xml': `<Types xmlns="${OFFICE}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
  '_rels/.rels': `<Relationships xmlns="${OFFICE}/package/2006/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `<workbook xmlns="${OFFICE}/spreadsheetml/2006/main" xmlns:r="${OFFICE}/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${OFFICE}/package/2006/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
};

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

// XML cannot contain control characters.
const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (c) => ENTITIES[c] as string).replace(/[^\P{Cc}\t\n\r]/gu, '');

const row = (cells: readonly string[], number: number): string =>
  `<row r="${number}">${cells
    .map(
      (text, i) =>
        `<c r="${'ABC'[i]}${number}" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`,
    )
    .join('')}</row>`;

/** A prompt sheet (.xlsx); the same rows give the same bytes. */
export function encodePromptSheet(rows: readonly PromptRow[]): Uint8Array {
  const lines = [HEADER, ...rows.map(({ image, prompt, mask }) => [image, prompt, mask])];
  const sheet = `<worksheet xmlns="${OFFICE}/spreadsheetml/2006/main"><sheetData>${lines.map((cells, i) => row(cells, i + 1)).join('')}</sheetData></worksheet>`;
  const parts = Object.entries({ ...FRAME, 'xl/worksheets/sheet1.xml': sheet });
  return zipSync(
    Object.fromEntries(parts.map(([name, xml]) => [name, strToU8(DECLARATION + xml)])),
    // The earliest date of the zip format, so that the bytes do not depend on the day.
    { level: 6, mtime: new Date(1980, 0, 1) },
  );
}
