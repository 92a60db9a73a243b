// Prompt sheets: which image goes with which sentence and mask.
import readSheet from 'read-excel-file/node';
import { DatasetError, LayoutError } from '../errors.ts';

export interface PromptRow {
  readonly image: string;
  readonly sentence: string;
  readonly mask: string;
}

/** What each column may be called. */
const COLUMNS: Readonly<Record<keyof PromptRow, readonly string[]>> = {
  image: ['Image'],
  sentence: ['Description'],
  mask: ['Ground Truth', 'Mask'],
};

const byCodePoint = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Rows of a prompt sheet (.xlsx), sorted by image as the reference sorts them. An empty sheet has none. */
export async function readPromptSheet(path: string): Promise<PromptRow[]> {
  const cells = await readSheet(path).catch((cause) => {
    throw new DatasetError(
      'datasets/layout',
      `${path}: expected a prompt sheet (.xlsx), got none that opens. Check the file.`,
      { cause },
    );
  });
  const rows = normalise(cells);
  const header = rows[0]?.map((cell) => String(cell ?? '').trim()) ?? [];
  if (rows.length === 0) return [];
  const at = Object.fromEntries(
    Object.entries(COLUMNS).map(([field, names]) => {
      const index = header.findIndex((title) => names.includes(title));
      if (index < 0)
        throw new LayoutError(
          path,
          `a column '${names.join("' or '")}'`,
          `'${header.join("', '")}'`,
          'Name the column so.',
        );
      return [field, index];
    }),
  ) as Record<keyof PromptRow, number>;
  return rows
    .slice(1)
    .map((cells) => ({
      image: String(cells[at.image] ?? '').trim(),
      sentence: String(cells[at.sentence] ?? ''),
      mask: String(cells[at.mask] ?? '').trim(),
    }))
    .filter(({ image }) => image !== '')
    .sort((a, b) => byCodePoint(a.image, b.image));
}

/** The library gives rows, or a list of sheets with rows, by version. */
function normalise(result: unknown): unknown[][] {
  const list = result as unknown[];
  const first = list[0] as { data?: unknown[][] } | undefined;
  return first && !Array.isArray(first) && first.data ? first.data : (list as unknown[][]);
}
