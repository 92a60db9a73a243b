// Prompt sheets and dataset folders: broken, empty, missing, and the real Kvasir.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSplit } from '../folder.ts';
import { readPromptSheet } from './files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheets-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('a missing sheet and a file of another kind are named', async () => {
  const path = join(folder, 'Train_text.xlsx');
  const error = { tag: 'datasets/layout', message: expect.stringContaining(path) };
  await expect(readPromptSheet(path)).rejects.toMatchObject(error);
  await writeFile(path, 'Image,Description');
  await expect(readPromptSheet(path)).rejects.toMatchObject(error);
});

const fixture = (name: string) => join(import.meta.dirname, '../fixtures', name);

it('a missing column is named with its file', async () => {
  await expect(readPromptSheet(fixture('no-description.xlsx'))).rejects.toThrow(
    /no-description.xlsx: expected a column 'Description', got 'Image', 'Ground Truth'/,
  );
});

it('sorts by code point and takes Mask for Ground Truth', async () => {
  const rows = await readPromptSheet(fixture('outside.xlsx'));
  expect(rows.map(({ mask }) => mask)).toEqual(['../../secret.png', 'B.png', 'a.png']);
});

it('a name that points outside the folder opens nothing there', async () => {
  for (const part of ['Prompts_Folder', 'Val_Folder/img', 'Val_Folder/label'])
    await mkdir(join(folder, part), { recursive: true });
  await copyFile(fixture('outside.xlsx'), join(folder, 'Prompts_Folder/Val_text.xlsx'));
  for (const path of ['secret.png', 'Val_Folder/img/a.png', 'Val_Folder/label/a.png'])
    await writeFile(join(folder, path), '');
  const { samples, missing } = await readSplit(folder, 'val');
  expect(samples.map(({ name }) => name)).toEqual(['a']);
  expect(missing).toEqual(['../../secret.png', 'B.png']);
});

it('a split may have its sheet as text, and several masks for an image', async () => {
  for (const part of ['Prompts_Folder', 'Val_Folder/img', 'Val_Folder/label'])
    await mkdir(join(folder, part), { recursive: true });
  const sheet = 'Image,Description,Mask\na.png,two lesions,a_1.png; a_2.png\nb.png,two lesions,b_1.png; b_2.png\n';
  await writeFile(join(folder, 'Prompts_Folder/Val_text.csv'), sheet);
  for (const path of ['img/a.png', 'img/b.png', 'label/a_1.png', 'label/a_2.png', 'label/b_1.png'])
    await writeFile(join(folder, 'Val_Folder', path), '');
  const label = join(folder, 'Val_Folder/label');
  expect(await readSplit(folder, 'val')).toEqual({
    samples: [
      {
        name: 'a_1',
        prompt: 'two lesions',
        imagePath: join(folder, 'Val_Folder/img/a.png'),
        maskPath: join(label, 'a_1.png'),
        otherMaskPaths: [join(label, 'a_2.png')],
      },
    ],
    missing: ['b_1.png; b_2.png'],
  });
  await writeFile(join(folder, 'Prompts_Folder/Val_text.jsonl'), '');
  await expect(readSplit(folder, 'val')).rejects.toThrow(
    'expected one sheet Val_text, got Val_text.csv and Val_text.jsonl',
  );
});

it('finds names with dots, without endings, in any Unicode form, and no hidden files', async () => {
  for (const part of ['Prompts_Folder', 'Val_Folder/img', 'Val_Folder/label'])
    await mkdir(join(folder, part), { recursive: true });
  const [composed, decomposed] = ['\u00e9', 'e\u0301'];
  const names = ['1.2.840.1', '1.2.840.10', `${composed}`, 'scan.v2'];
  const sheet = `Image,Description,Mask\n${names.map((name) => `${name},a lesion,${name}.jpg`).join('\n')}\n`;
  await writeFile(join(folder, 'Prompts_Folder/Val_text.csv'), sheet);
  for (const kind of ['img', 'label'])
    for (const name of ['1.2.840.1', '1.2.840.10', decomposed, 'scan.v2', 'scan.v1'])
      for (const file of [`${name}.png`, `._${name}.png`]) await writeFile(join(folder, 'Val_Folder', kind, file), '');
  await writeFile(join(folder, 'Val_Folder/img/scan.v2.txt'), '');
  const { samples, missing } = await readSplit(folder, 'val');
  expect(missing).toEqual([]);
  expect(samples.map(({ imagePath }) => imagePath.split('/').at(-1))).toEqual([
    '1.2.840.1.png',
    '1.2.840.10.png',
    'scan.v2.png',
    `${decomposed}.png`,
  ]);
  await writeFile(join(folder, 'Val_Folder/img/scan.v2.bmp'), '');
  await expect(readSplit(folder, 'val')).rejects.toThrow('expected one file scan.v2, got');
});

it('a folder that the system refuses to open is named with the reason', async () => {
  await writeFile(join(folder, 'Prompts_Folder'), '');
  await expect(readSplit(folder, 'val')).rejects.toThrow(/a folder of prompt sheets, got 'ENOTDIR: not a directory/);
});

const shared = process.env.MEDCLIPSEG_SHARED ?? resolve(import.meta.dirname, '../../../../../shared');
const kvasir = join(shared, 'data/Kvasir');
const present = existsSync(kvasir);
if (!present && process.env.CI) throw new Error(`${kvasir}: expected the Kvasir images, got none.`);

it.skipIf(!present)(
  'finds the real images for which the sheet gives another ending, and lists the missing ones',
  async () => {
    const { samples, missing } = await readSplit(kvasir, 'train');
    expect(samples).toHaveLength(798);
    expect(missing).toEqual(['cju1gkndf6yi10801o1qnje19.png', 'cju2hqt33lmra0988fr5ijv8j.png']);
    expect(samples[0]?.imagePath).toMatch(/\.jpg$/);
  },
);

it.skipIf(!present)('an empty sheet, and folders without the images it names, are refused by name', async () => {
  await expect(readSplit(join(shared, 'prompts/ColonDB'), 'val')).rejects.toThrow(/Val_text.xlsx: expected rows/);
  await expect(readSplit(join(shared, 'prompts/Kvasir'), 'val')).rejects.toThrow(
    /(img|label): expected a folder, got none/,
  );
});

it('a file that is a folder is refused', async () => {
  const path = join(folder, 'Val_text.xlsx');
  await mkdir(path);
  await expect(readPromptSheet(path)).rejects.toMatchObject({ tag: 'datasets/layout' });
});
