// A dataset in the published folder layout: prompt sheets, images, masks.
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { foundInstead, LayoutError } from './errors.ts';
import type { MaskReading } from './masks/reading.ts';
import { findSheet, readPromptSheet } from './sheets/files.ts';

export type Split = 'train' | 'val' | 'test';

/** How the prompts of the test split were written. */
export const PROMPT_DESIGNS = [
  'original',
  'contradictory',
  'missing_location',
  'overdescriptive',
  'underdescriptive',
] as const;

export type PromptDesign = (typeof PROMPT_DESIGNS)[number];

export interface SampleFile {
  readonly name: string;
  readonly prompt: string;
  readonly imagePath: string;
  readonly maskPath: string;
  /** Further masks of the same image, to be joined with the first. */
  readonly otherMaskPaths?: readonly string[];
  /** How the masks of the folder are read; the published threshold by default. */
  readonly maskReading?: MaskReading;
  /** Other rows have the same image: its mask may leave out lesions that the image shows. */
  readonly partial?: boolean;
}

export interface SplitOptions {
  /** Share of the training and validation data, in percent. */
  readonly percentage?: 10 | 25 | 50 | 100;
  readonly design?: PromptDesign;
}

/** How the names of folders and sheets of a split begin. */
const PREFIXES: Readonly<Record<Split, string>> = { train: 'Train', val: 'Val', test: 'Test' };

/** The folder of a split; it holds `img` and `label`. */
export const splitFolder = (split: Split): string => `${PREFIXES[split]}_Folder`;

/** The name of a split's sheet without its ending. */
export function sheetStem(split: Split, { percentage = 100, design = 'original' }: SplitOptions = {}): string {
  if (split === 'test') return `Test_text_${design}`;
  return `${PREFIXES[split]}_text${percentage === 100 ? '' : `_${percentage}`}`;
}

/** The sheet of a split below `Prompts_Folder`, as the published datasets have it. */
export const sheetName = (split: Split, options?: SplitOptions): string => `${sheetStem(split, options)}.xlsx`;

const stem = (name: string) => basename(name, extname(name));

/** Image files may have these endings; whatever follows another dot belongs to the name, as in `1.2.840.1`. */
const IMAGE_ENDING = /\.(png|jpe?g|tiff?|bmp|webp|dcm|nii|gz|hdr|img)$/i;

/** Names without the files that systems hide, such as the `._a.png` that macOS adds to archives. */
export const visibleNames = (names: readonly string[]): string[] => names.filter((name) => !name.startsWith('.'));

/** A name in one Unicode form: macOS stores `é` as two code points, other systems as one. */
export const normalizedName = (name: string): string => name.normalize('NFC');

/** Files of a folder by name and by stem: sheets may give names without an ending, or with another one than the files have. */
export async function fileIndex(folder: string): Promise<(name: string) => string | undefined> {
  const names = await readdir(folder).catch((cause) => {
    throw new LayoutError(
      folder,
      'a folder',
      foundInstead(cause),
      'Arrange the dataset as NAME/{Train,Val,Test}_Folder/{img,label} and NAME/Prompts_Folder.',
    );
  });
  const byName = new Map(visibleNames(names).map((name) => [normalizedName(name), name]));
  const byStem = new Map<string, string[]>();
  for (const name of byName.keys())
    if (IMAGE_ENDING.test(name)) byStem.set(stem(name), [...(byStem.get(stem(name)) ?? []), name]);
  return (name) => {
    // A name in a sheet is a name, not a path: nothing outside the folder is ever opened.
    const plain = normalizedName(basename(name.replaceAll('\\', '/')));
    const exact = byName.get(plain);
    if (exact !== undefined) return join(folder, exact);
    const found = byStem.get(plain) ?? (IMAGE_ENDING.test(plain) ? byStem.get(stem(plain)) : undefined) ?? [];
    if (found.length > 1)
      throw new LayoutError(folder, `one file ${plain}`, found.join(' and '), 'Remove all but one.');
    const [only] = found;
    return only === undefined ? undefined : join(folder, byName.get(only) as string);
  };
}

/** A cell may name several masks of one image, separated by semicolons. */
export const maskNames = (cell: string): string[] => cell.split(';').map((name) => name.trim());

export interface SplitFiles {
  readonly samples: readonly SampleFile[];
  /** Rows of the sheet whose image or mask does not exist. */
  readonly missing: readonly string[];
}

/** The samples of a split, in the sheet's order, and the rows that have no files. Sheets may be `.xlsx`, `.csv` or `.jsonl`. */
export async function readSplit(dataset: string, split: Split, options: SplitOptions = {}): Promise<SplitFiles> {
  const sheet = await findSheet(join(dataset, 'Prompts_Folder'), sheetStem(split, options));
  const rows = await readPromptSheet(sheet);
  if (rows.length === 0) throw new LayoutError(sheet, 'rows', 'an empty sheet', 'Choose a split that has data.');
  const base = join(dataset, splitFolder(split));
  const [images, masks] = await Promise.all([fileIndex(join(base, 'img')), fileIndex(join(base, 'label'))]);
  const samples: SampleFile[] = [];
  const missing: string[] = [];
  const uses = new Map<string, number>();
  for (const { image } of rows) uses.set(image, (uses.get(image) ?? 0) + 1);
  for (const { image, prompt, mask } of rows) {
    const imagePath = images(image);
    const names = maskNames(mask);
    const [maskPath, ...otherMaskPaths] = names.flatMap((name) => masks(name) ?? []);
    if (!imagePath) missing.push(image);
    else if (!maskPath || otherMaskPaths.length + 1 < names.length) missing.push(mask);
    else
      samples.push({
        name: stem(maskPath),
        prompt,
        imagePath,
        maskPath,
        ...(otherMaskPaths.length > 0 && { otherMaskPaths }),
        ...((uses.get(image) as number) > 1 && { partial: true }),
      });
  }
  if (samples.length === 0)
    throw new LayoutError(base, 'the images that the sheet names', 'none of them', 'Check the folders img and label.');
  return { samples, missing };
}
