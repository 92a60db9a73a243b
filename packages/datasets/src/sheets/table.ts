// Rows of a prompt sheet from the cells of any table.
import { LayoutError } from '../errors.ts';

export interface PromptRow {
  /** Name of the image file. */
  readonly image: string;
  /** The prompt, without space around it. */
  readonly prompt: string;
  /** Name of the mask file; several of one image are separated by `;`. */
  readonly mask: string;
}

/** A table as in its file: titles, then rows of cells. */
export type Table = readonly (readonly unknown[])[];

/** What each column may be called. */
const COLUMNS: Readonly<Record<keyof PromptRow, readonly string[]>> = {
  image: ['Image'],
  prompt: ['Description'],
  mask: ['Ground Truth', 'Mask'],
};

/** Order by Unicode code point, as Python sorts strings; UTF-16 units would put some letters elsewhere. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.codePointAt(i) as number, b.codePointAt(i) as number];
    if (x !== y) return x - y;
  }
  return a.length - b.length;
}

const text = (cell: unknown): string => (cell === null || cell === undefined ? '' : String(cell).trim());

/** The rows of a prompt sheet, stably sorted by image. An empty table has none; rows without an image are left out. */
export function promptRows(table: Table, name: string): PromptRow[] {
  const [titles, ...rows] = table;
  if (!titles) return [];
  const header = titles.map(text);
  const column = (field: keyof PromptRow): number => {
    const index = header.findIndex((title) => COLUMNS[field].includes(title));
    if (index < 0)
      throw new LayoutError(
        name,
        `a column '${COLUMNS[field].join("' or '")}'`,
        `'${header.join("', '")}'`,
        'Name the column like that.',
      );
    return index;
  };
  const [image, prompt, mask] = [column('image'), column('prompt'), column('mask')];
  return rows
    .map((cells) => ({ image: text(cells[image]), prompt: text(cells[prompt]), mask: text(cells[mask]) }))
    .filter((row) => row.image !== '')
    .sort((a, b) => byCodePoint(a.image, b.image));
}
