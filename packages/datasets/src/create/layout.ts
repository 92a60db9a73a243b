// Writes a dataset in the published folder layout, whole or not at all.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFolderAtomically } from '../atomic.ts';
import { PROMPT_DESIGNS, type PromptDesign, type Split, type SplitOptions, sheetName, splitFolder } from '../folder.ts';
import type { PromptRow } from '../sheets/sheets.ts';
import { byCodePoint } from '../sheets/table.ts';
import { subset } from './splits.ts';
import { encodePromptSheet } from './xlsx.ts';

export interface LayoutSample {
  readonly split: Split;
  /** File names with their endings, and what the files hold. */
  readonly image: { readonly name: string; readonly bytes: Uint8Array };
  readonly mask: { readonly name: string; readonly bytes: Uint8Array };
  readonly prompts: Readonly<Record<PromptDesign, string>>;
}

export interface LayoutOptions {
  /** Draws the subsets of 10, 25 and 50 percent. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (written: number) => void;
}

export type SplitCounts = Readonly<Record<Split, number>>;

const PERCENTAGES = [10, 25, 50, 100] as const;

type Entry = { readonly image: string; readonly mask: string; readonly prompts: LayoutSample['prompts'] };

async function writeSheets(folder: string, entries: Readonly<Record<Split, Entry[]>>, seed: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const write = (split: Split, options: SplitOptions, rows: readonly PromptRow[]) =>
    writeFile(join(folder, sheetName(split, options)), encodePromptSheet(rows));
  const rowsOf = (list: readonly Entry[], design: PromptDesign): PromptRow[] =>
    list.map(({ image, mask, prompts }) => ({ image, mask, prompt: prompts[design] }));
  for (const split of ['train', 'val'] as const)
    for (const percentage of PERCENTAGES)
      await write(split, { percentage }, rowsOf(subset(entries[split], percentage, seed), 'original'));
  for (const design of PROMPT_DESIGNS) await write('test', { design }, rowsOf(entries.test, design));
}

/**
 * Writes `FOLDER/{Train,Val,Test}_Folder/{img,label}` and the sheets of `FOLDER/Prompts_Folder`: 10, 25, 50 and 100 percent
 * for training and validation, five designs for testing. Everything is written under a temporary name and renamed at the end.
 */
export async function writeLayout(
  folder: string,
  samples: AsyncIterable<LayoutSample>,
  { seed, signal, onProgress }: LayoutOptions,
): Promise<SplitCounts> {
  return writeFolderAtomically(folder, async (partial) => {
    for (const split of ['train', 'val', 'test'] as const)
      for (const kind of ['img', 'label']) await mkdir(join(partial, splitFolder(split), kind), { recursive: true });
    const entries: Record<Split, Entry[]> = { train: [], val: [], test: [] };
    let written = 0;
    for await (const { split, image, mask, prompts } of samples) {
      signal?.throwIfAborted();
      await writeFile(join(partial, splitFolder(split), 'img', basename(image.name)), image.bytes);
      await writeFile(join(partial, splitFolder(split), 'label', basename(mask.name)), mask.bytes);
      entries[split].push({ image: image.name, mask: mask.name, prompts });
      onProgress?.(++written);
    }
    for (const list of Object.values(entries)) list.sort((a, b) => byCodePoint(a.image, b.image));
    await writeSheets(join(partial, 'Prompts_Folder'), entries, seed);
    return { train: entries.train.length, val: entries.val.length, test: entries.test.length };
  });
}
