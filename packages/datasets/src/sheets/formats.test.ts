// The three formats of sheets give the same rows, in Python's order; sheets that would exhaust memory are refused.
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { parsePromptSheet } from './sheets.ts';
import { byCodePoint, type PromptRow } from './table.ts';

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const TITLES = ['Image', 'Description', 'Ground Truth'];

interface WorkbookOptions {
  readonly shared?: boolean;
  readonly sheet?: string;
}

/** A workbook of one sheet, its strings inline or shared. */
function workbook(rows: readonly (readonly string[])[], { shared = false, sheet }: WorkbookOptions = {}): Uint8Array {
  const strings = [...new Set(rows.flat())];
  const cell = (value: string, x: number, y: number) =>
    shared
      ? `<c r="${'ABC'[x]}${y + 1}" t="s"><v>${strings.indexOf(value)}</v></c>`
      : `<c r="${'ABC'[x]}${y + 1}" t="inlineStr"><is><t xml:space="preserve">${xml(value)}</t></is></c>`;
  const data = rows.map((row, y) => `<row r="${y + 1}">${row.map((value, x) => cell(value, x, y)).join('')}</row>`);
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const relations = (...targets: [string, string][]) =>
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${targets
      .map(([kind, target], i) => `<Relationship Id="rId${i + 1}" Type="${office}/${kind}" Target="${target}"/>`)
      .join('')}</Relationships>`;
  return zipSync({
    '[Content_Types].xml': strToU8('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
    '_rels/.rels': strToU8(relations(['officeDocument', 'xl/workbook.xml'])),
    'xl/workbook.xml': strToU8(
      `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': strToU8(
      relations(['worksheet', 'worksheets/sheet1.xml'], ['sharedStrings', 'sharedStrings.xml']),
    ),
    'xl/sharedStrings.xml': strToU8(
      `<sst xmlns="${main}">${strings.map((value) => `<si><t xml:space="preserve">${xml(value)}</t></si>`).join('')}</sst>`,
    ),
    'xl/worksheets/sheet1.xml': strToU8(
      sheet ?? `<worksheet xmlns="${main}"><sheetData>${data.join('')}</sheetData></worksheet>`,
    ),
  });
}

const csv = (rows: readonly (readonly string[])[]) =>
  strToU8(rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\r\n'));

const jsonLines = ([titles = [], ...rows]: readonly (readonly string[])[]) =>
  strToU8(rows.map((row) => JSON.stringify(Object.fromEntries(titles.map((t, i) => [t, row[i]])))).join('\n'));

const words = fc.stringMatching(/^[a-zA-Z0-9 ,.<&"é😀-]{0,30}$/u).map((text) => text.trim());
const name = fc.stringMatching(/^[A-Za-z0-9_😀]{1,8}$/u);
const table = fc.array(fc.tuple(name, words, name), { minLength: 1, maxLength: 12 });

it('workbooks with inline and shared strings, csv and jsonl give the same rows', async () => {
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      const all = [TITLES, ...rows];
      const expected: PromptRow[] = rows
        .map(([image, prompt, mask]) => ({ image, prompt, mask }))
        .sort((a, b) => Buffer.compare(Buffer.from(a.image), Buffer.from(b.image))); // UTF-8 bytes sort as code points do
      expect(await parsePromptSheet(workbook(all), 'a.xlsx')).toEqual(expected);
      expect(await parsePromptSheet(workbook(all, { shared: true }), 'a.XLSX')).toEqual(expected);
      expect(await parsePromptSheet(csv(all), 'a.csv')).toEqual(expected);
      expect(await parsePromptSheet(jsonLines(all), 'a.jsonl')).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

it('code points sort as in Python, where UTF-16 units would not', () => {
  const names = ['\u{1f600}', '\ufb00', 'a', 'A', '_', '10', '9', 'ab'];
  expect([...names].sort(byCodePoint)).toEqual(['10', '9', 'A', '_', 'a', 'ab', '\ufb00', '\u{1f600}']);
});

it.each(['a.xlsx', 'a.csv', 'a.jsonl'])('a sheet with titles or without, and no rows, has none: %s', async (file) => {
  const write = { 'a.xlsx': workbook, 'a.csv': csv, 'a.jsonl': jsonLines }[file] as typeof csv;
  expect(await parsePromptSheet(write([TITLES]), file)).toEqual([]);
  expect(await parsePromptSheet(write([]), file)).toEqual([]);
});

it('cells without addresses are in the order of the file, as the format allows', async () => {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const text = (value: string, address = '') => `<c${address} t="inlineStr"><is><t>${value}</t></is></c>`;
  const rows = [
    `<row>${TITLES.map((title) => text(title)).join('')}</row>`,
    `<row r="3">${text('b.png')}<c/>${text('b_mask.png')}</row>`,
    `<row>${text('a.png')}${text('a_mask.png', ' r="C4"')}</row>`,
  ];
  const sheet = `<worksheet xmlns="${main}"><sheetData>${rows.join('')}</sheetData></worksheet>`;
  expect(await parsePromptSheet(workbook([], { sheet }), 'a.xlsx')).toEqual([
    { image: 'a.png', prompt: '', mask: 'a_mask.png' },
    { image: 'b.png', prompt: '', mask: 'b_mask.png' },
  ]);
});

it('quoted cells may have spaces around them', async () => {
  const text =
    'Image, Description ,Mask\r\na.png, "one, ""small"" polyp" , a.png\r\n "b.png",\t"two; polyps","b.png"\r\n';
  expect(await parsePromptSheet(strToU8(text), 'a.csv')).toEqual([
    { image: 'a.png', prompt: 'one, "small" polyp', mask: 'a.png' },
    { image: 'b.png', prompt: 'two; polyps', mask: 'b.png' },
  ]);
  expect(await parsePromptSheet(strToU8('Image,Mask,Description\na,a,"x, ""y"" z",\n'), 'a.csv')).toEqual([
    { image: 'a', prompt: 'x, "y" z', mask: 'a' },
  ]);
});

describe('refused with their name', () => {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const sheet = (data: string) =>
    workbook([], { sheet: `<worksheet xmlns="${main}"><sheetData>${data}</sheetData></worksheet>` });
  const cell = (r: string) => `<c r="${r}" t="inlineStr"><is><t>x</t></is></c>`;

  it.each([
    ['rows beyond any sheet', 'x.xlsx', sheet(`<row r="9999999">${cell('A9999999')}</row>`), '9999999 rows'],
    ['a row number in another notation', 'x.xlsx', sheet(`<row r = '1e9'>${cell('A1')}</row>`), "row number '1e9'"],
    [
      'many rows of many cells',
      'x.xlsx',
      sheet(`<row r="1">${cell('XFD1')}</row><row r="900000">${cell('A900000')}</row>`),
      '900000 rows of 16384 cells',
    ],
    [
      'a prompt with a comma outside quotes',
      'x.csv',
      strToU8('Image,Mask,Description\na,a,two polyps\nb,b,one polyp, on the left\n'),
      'row 3: 4 cells under 3 titles; put cells with commas in quotes',
    ],
    ['bytes that are no workbook', 'x.xlsx', strToU8('Image,Description'), 'does not open'],
    ['quotes that do not close', 'x.csv', strToU8('Image,Description,Mask\na,"b,c\n'), 'does not open'],
    ['a line that is no JSON', 'x.jsonl', strToU8('{"Image":"a"}\n{"Image":'), 'line 2'],
    ['a line that is no object', 'x.jsonl', strToU8('[1]'), 'line 1: no object'],
    ['text in another encoding', 'x.csv', Uint8Array.from([0xff, 0xfe, 0x41, 0]), 'does not open'],
    ['another kind of file', 'x.txt', strToU8(''), 'a name with another ending'],
    ['a missing column', 'x.csv', strToU8('Image,Text\na,b'), "expected a column 'Description', got 'Image', 'Text'"],
  ])('%s', async (_, file, bytes, reason) => {
    const reading = parsePromptSheet(bytes, file);
    await expect(reading).rejects.toMatchObject({ tag: 'datasets/layout', message: expect.stringContaining(reason) });
    await expect(reading).rejects.toThrow(file);
  });

  it('a workbook that would unpack to more than it may', async () => {
    const bomb = Buffer.from(workbook([TITLES]));
    // The size that the directory of the archive claims for its first file.
    bomb.writeUInt32LE(0x7fffffff, bomb.indexOf('PK\x01\x02', 0, 'latin1') + 24);
    await expect(parsePromptSheet(bomb, 'bomb.xlsx')).rejects.toThrow('bytes unpacked');
  });
});
