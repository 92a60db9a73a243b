import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodePromptSheet } from '../create/xlsx.ts';
import { encodePng } from '../images/encode.ts';
import { encodeAnyPng } from '../images/testing/encoders.ts';
import { phantomSeed, writePhantoms } from '../phantoms/write.ts';
import { type CheckOptions, checkDataset } from './check.ts';
import { PROBLEM_KINDS, type ProblemKind } from './problems.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'));
});
afterEach(() => rm(folder, { recursive: true }));

const SIDE = 30;

/** An image that differs by its seed. */
const photo = (seed: number, side = SIDE) =>
  encodePng({
    width: side,
    height: side,
    channels: 3,
    data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7 + seed * 31) % 251),
  });

/** A mask with a square of `size` pixels at the given corner. */
const square = (left: number, top: number, size: number, side = SIDE, value = 255) =>
  encodePng({
    width: side,
    height: side,
    channels: 1,
    data: Uint8Array.from({ length: side * side }, (_, k) => {
      const [x, y] = [k % side, Math.floor(k / side)];
      return x >= left && x < left + size && y >= top && y < top + size ? value : 0;
    }),
  });

const PROMPT = 'one small round polyp, located in top left of the image';

type Row = readonly [image: string, prompt: string];

const sheet = (name: string, rows: readonly Row[]) =>
  writeFile(
    join(folder, 'Prompts_Folder', name),
    encodePromptSheet(rows.map(([image, prompt]) => ({ image, prompt, mask: image }))),
  );

const put = async (split: string, name: string, image: Uint8Array | string, mask: Uint8Array | string) => {
  await writeFile(join(folder, `${split}_Folder`, 'img', name), image);
  await writeFile(join(folder, `${split}_Folder`, 'label', name), mask);
};

/** A dataset without fault: four images to learn from, one each to validate and to test. */
async function faultless(): Promise<void> {
  await mkdir(join(folder, 'Prompts_Folder'));
  const names = { Train: ['a.png', 'b.png', 'c.png', 'd.png'], Val: ['e.png'], Test: ['f.png'] };
  let seed = 0;
  for (const [split, list] of Object.entries(names)) {
    for (const kind of ['img', 'label']) await mkdir(join(folder, `${split}_Folder`, kind), { recursive: true });
    for (const name of list) await put(split, name, await photo(seed++), await square(2, 2, 6));
  }
  await sheet(
    'Train_text.xlsx',
    names.Train.map((name) => [name, PROMPT]),
  );
  await sheet('Val_text.xlsx', [['e.png', PROMPT]]);
  await sheet('Test_text_original.xlsx', [['f.png', PROMPT]]);
}

const kinds = async (options?: CheckOptions): Promise<ProblemKind[]> =>
  (await checkDataset(folder, options)).problems.map(({ kind }) => kind);

/** One fault at a time, and what is found. */
const FAULTS: readonly (readonly [ProblemKind, () => Promise<unknown>])[] = [
  ['missing-sheet', () => rm(join(folder, 'Prompts_Folder', 'Val_text.xlsx'))],
  ['unreadable-sheet', () => writeFile(join(folder, 'Prompts_Folder', 'Val_text.xlsx'), 'no sheet')],
  ['empty-sheet', () => sheet('Val_text.xlsx', [])],
  ['missing-image', () => rm(join(folder, 'Train_Folder', 'img', 'a.png'))],
  ['missing-mask', () => rm(join(folder, 'Train_Folder', 'label', 'a.png'))],
  ['unreadable-image', () => writeFile(join(folder, 'Val_Folder', 'img', 'e.png'), 'no image')],
  [
    'unreadable-mask',
    async () => writeFile(join(folder, 'Val_Folder', 'label', 'e.png'), (await square(2, 2, 6)).subarray(0, 60)),
  ],
  [
    'assumed-window',
    async () => {
      const drawing = { width: SIDE, height: SIDE, bits: 16, colorType: 0, interlaced: false } as const;
      const dark = encodeAnyPng({ ...drawing, sample: (x, y) => (x * y) & 4095 });
      await put('Test', 'f.png', dark, await square(2, 2, 6));
    },
  ],
  ['mask-size', async () => put('Test', 'f.png', await photo(9), await square(2, 2, 6, 20))],
  ['mask-values', async () => put('Train', 'b.png', await photo(9), await square(2, 2, 6, SIDE, 1))],
  ['empty-mask', async () => put('Test', 'f.png', await photo(9), await square(0, 0, 0))],
  ['contradicted-mask', () => sheet('Test_text_original.xlsx', [['f.png', 'no polyp in the image']])],
  ['near-empty-mask', async () => put('Test', 'f.png', await photo(9, 200), await square(2, 2, 2, 200))],
  [
    'full-mask',
    async () => {
      await put('Test', 'f.png', await photo(9), await square(0, 0, SIDE));
      await sheet('Test_text_original.xlsx', [['f.png', 'one large polyp, located in center of the image']]);
    },
  ],
  [
    'duplicate-row',
    () =>
      sheet('Val_text.xlsx', [
        ['e.png', PROMPT],
        ['e.png', `${PROMPT}.`],
      ]),
  ],
  ['duplicate-content', async () => put('Train', 'b.png', await photo(0), await square(2, 2, 6))],
  ['shared-content', async () => put('Test', 'f.png', await photo(0), await square(2, 2, 6))],
  ['empty-prompt', () => sheet('Val_text.xlsx', [['e.png', '']])],
  ['design-rows', () => sheet('Test_text_contradictory.xlsx', [['g.png', PROMPT]])],
  ['design-place', () => sheet('Test_text_overdescriptive.xlsx', [['f.png', 'A polyp in the lower right region.']])],
  ['foreign-row', () => sheet('Train_text_50.xlsx', [['z.png', PROMPT]])],
  ['place', () => sheet('Val_text.xlsx', [['e.png', 'one small round polyp, located in right of the image']])],
];

describe('a dataset', () => {
  it('without fault has no problems, and its places agree', async () => {
    await faultless();
    const report = await checkDataset(folder);
    expect(report).toMatchObject({
      problems: [],
      images: 6,
      rows: { train: 4, val: 1, test: 1 },
      places: { agree: 6, of: 6 },
      sizes: { agree: 6, of: 6 },
    });
  });

  it.each(FAULTS)('with %s is reported for it, and for nothing else', async (kind, damage) => {
    await faultless();
    await damage();
    expect(await kinds()).toEqual([kind]);
  });

  it('is not reported for places in the next cell of the grid', async () => {
    await faultless();
    const report = async (place: string) => {
      await sheet('Val_text.xlsx', [['e.png', `one small round polyp, located in ${place} of the image`]]);
      return checkDataset(folder);
    };
    for (const place of ['top', 'left', 'center'])
      expect(await report(place)).toMatchObject({ problems: [], places: { agree: 5, of: 6 } });
    expect((await report('bottom left')).problems).toMatchObject([
      { kind: 'place', severity: 'warning', items: ['e.png (prompt: bottom left, mask: top left)'], of: 1 },
    ]);
  });

  it('of a test split alone has a note, and no error', async () => {
    await faultless();
    for (const split of ['Train', 'Val']) {
      await rm(join(folder, `${split}_Folder`), { recursive: true });
      await rm(join(folder, 'Prompts_Folder', `${split}_text.xlsx`));
    }
    const { problems, counts, rows } = await checkDataset(folder);
    expect(problems.map(({ kind, severity }) => [kind, severity])).toEqual([['test-only', 'note']]);
    expect([counts, rows]).toEqual([{ error: 0, warning: 0, note: 1 }, { test: 1 }]);
    // Images for training without a sheet are a mistake.
    await mkdir(join(folder, 'Train_Folder', 'img'), { recursive: true });
    expect(await kinds()).toEqual(['missing-sheet', 'missing-sheet']);
  });

  it('with an image of the same name in two splits is reported', async () => {
    await faultless();
    await put('Test', 'a.png', await photo(77), await square(2, 2, 6));
    await sheet('Test_text_original.xlsx', [['a.png', PROMPT]]);
    const { problems } = await checkDataset(folder);
    expect(problems.map(({ kind, where, items }) => [kind, where, items])).toEqual([
      ['shared-name', 'Train_text.xlsx and Test_text_original.xlsx', ['a.png']],
    ]);
  });

  it('may contradict itself where that is the design', async () => {
    await faultless();
    await sheet('Test_text_contradictory.xlsx', [['f.png', 'A polyp in the lower right, but all looks normal.']]);
    expect(await kinds()).toEqual([]);
  });

  it('with prompts longer than the text tower reads is reported', async () => {
    await faultless();
    const tokens = { count: (prompt: string) => prompt.split(' ').length + 2, limit: 12 };
    expect(await kinds({ tokens })).toEqual(['too-many-tokens', 'too-many-tokens', 'too-many-tokens']);
    expect(await kinds({ tokens: { ...tokens, limit: 13 } })).toEqual([]);
  });

  it('whose smaller subset is not part of the larger one is reported', async () => {
    await faultless();
    await sheet('Train_text_50.xlsx', [
      ['a.png', PROMPT],
      ['b.png', PROMPT],
    ]);
    await sheet('Train_text_25.xlsx', [['c.png', PROMPT]]);
    expect(await kinds()).toEqual(['not-nested']);
  });

  it('under the name of a published one is compared with its documented counts', async () => {
    await faultless();
    const found = await kinds({ name: 'UDIAT' });
    expect(found.filter((kind) => kind === 'documented-count')).toHaveLength(3);
    expect(found.filter((kind) => kind === 'missing-sheet')).toHaveLength(4);
  });

  it('of prompt sheets only is checked without images', async () => {
    await faultless();
    for (const split of ['Train', 'Val', 'Test']) await rm(join(folder, `${split}_Folder`), { recursive: true });
    const report = await checkDataset(folder);
    expect(report).toMatchObject({ problems: [], images: 0, places: { agree: 0, of: 0 } });
  });

  it('without prompt sheets is refused', async () => {
    await expect(checkDataset(folder)).rejects.toThrow('expected a folder Prompts_Folder, got none');
  });

  it('of phantoms is free of errors', async () => {
    const dataset = join(folder, 'phantoms');
    expect(phantomSeed(1, 0)).not.toBe(phantomSeed(2, 0));
    await writePhantoms(dataset, { modality: 'ultrasound', count: 12, seed: 1, size: 48 });
    const { problems, places, sizes } = await checkDataset(dataset);
    expect(problems).toEqual([]);
    expect(places.agree).toBe(places.of);
    expect(sizes.agree).toBe(sizes.of);
    expect(sizes.of).toBeGreaterThan(3);
  });
});

it('every kind of problem is tested above', () => {
  const provoked = new Set<string>([
    ...FAULTS.map(([kind]) => kind),
    'shared-name',
    'too-many-tokens',
    'not-nested',
    'documented-count',
    'test-only',
  ]);
  expect(Object.keys(PROBLEM_KINDS).filter((kind) => !provoked.has(kind))).toEqual([]);
});
