import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDataset } from '../check/check.ts';
import { readSplit } from '../folder.ts';
import { readImage } from '../images/decode-node.ts';
import { encodePng } from '../images/encode.ts';
import { drawPhantom } from '../phantoms/draw.ts';
import { WORDINGS } from '../prompts/wordings.ts';
import { readPromptSheet } from '../sheets/files.ts';
import { createDataset } from './create.ts';
import { assignSplits, DEFAULT_SHARES, subset } from './splits.ts';
import { encodePromptSheet } from './xlsx.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-'));
});
afterEach(() => rm(folder, { recursive: true }));

const SIZE = 32;

/** Folders with the images and masks of phantoms, under the given names. */
async function material(names: readonly string[], maskName = (name: string) => `${name}.png`) {
  const [images, masks] = [join(folder, 'images'), join(folder, 'masks')];
  for (const path of [images, masks]) await mkdir(path);
  for (const [seed, name] of names.entries()) {
    const { image, mask } = drawPhantom({ modality: 'mri', seed, size: SIZE });
    await writeFile(join(images, `${name}.png`), await encodePng(image));
    await writeFile(join(masks, maskName(name)), await encodePng(mask));
  }
  return { images, masks, wording: WORDINGS.mri, seed: 1 };
}

const numbered = (count: number, name: (i: number) => string) => Array.from({ length: count }, (_, i) => name(i));

describe('createDataset', () => {
  it('makes a dataset without fault, its prompts true to the masks', async () => {
    const options = await material(
      numbered(20, (i) => `scan${i}`),
      (name) => `${name}_mask.png`,
    );
    const out = join(folder, 'out');
    const report = await createDataset(out, options);
    expect(report).toMatchObject({ train: 16, val: 2, test: 2 });
    const { problems, places } = await checkDataset(out);
    expect(problems).toEqual([]);
    expect(places.agree).toBe(places.of);
    const { samples } = await readSplit(out, 'train');
    expect(samples).toHaveLength(16);
    for (const { prompt } of samples) expect(prompt).toMatch(/^(no|one|two|three) .*tumor/);
    expect(await readdir(folder)).toEqual(['images', 'masks', 'out']);
  });

  it('keeps the images of a patient in one split', async () => {
    const options = await material(numbered(24, (i) => `p${Math.floor(i / 3)}_${i % 3}`));
    const out = join(folder, 'out');
    const counts = await createDataset(out, {
      ...options,
      patientSeparator: '_',
      shares: { train: 0.5, val: 0.25, test: 0.25 },
    });
    expect(counts.train + counts.val + counts.test).toBe(24);
    const owners = new Map<string, Set<string>>();
    for (const split of ['train', 'val', 'test'] as const)
      for (const { name } of (await readSplit(out, split)).samples) {
        const patient = name.split('_')[0] as string;
        owners.set(patient, (owners.get(patient) ?? new Set()).add(split));
      }
    expect(owners.size).toBe(8);
    for (const splits of owners.values()) expect(splits.size).toBe(1);
  });

  it('joins the masks of an image', async () => {
    const options = await material(['a', 'b', 'c']);
    const half = (left: boolean) =>
      encodePng({
        width: SIZE,
        height: SIZE,
        channels: 1,
        data: Uint8Array.from({ length: SIZE * SIZE }, (_, k) =>
          k % SIZE < 8 === left && (k % SIZE < 8 || k % SIZE > 23) ? 255 : 0,
        ),
      });
    await rm(join(options.masks, 'a.png'));
    await writeFile(join(options.masks, 'a_1.png'), await half(true));
    await writeFile(join(options.masks, 'a_2.png'), await half(false));
    const out = join(folder, 'out');
    await createDataset(out, { ...options, shares: { train: 1, val: 0, test: 0 } });
    const { samples } = await readSplit(out, 'train');
    expect(samples[0]?.prompt).toBe('two medium elongated tumor, located in left, right of the image');
  });

  it('reads masks of 0 and 1, of 16 bits, and label maps of which one label may be chosen', async () => {
    const options = await material(['a', 'b']);
    const labels = (left: number, right: number) =>
      encodePng({
        width: SIZE,
        height: SIZE,
        channels: 1,
        data: Uint16Array.from({ length: SIZE * SIZE }, (_, k) => (k % SIZE < 8 ? left : k % SIZE > 23 ? right : 0)),
      });
    await writeFile(join(options.masks, 'a.png'), await labels(1, 3));
    await writeFile(join(options.masks, 'b.png'), await labels(0, 3));
    const shares = { train: 1, val: 0, test: 0 };
    const foregrounds = async (out: string) => {
      const { samples } = await readSplit(out, 'train');
      const masks = await Promise.all(samples.map(({ maskPath }) => readImage(maskPath, 'gray')));
      return masks.map(({ data }) => data.reduce((n, v) => n + (v === 255 ? 1 : 0), 0) / SIZE);
    };
    const both = await createDataset(join(folder, 'both'), { ...options, shares });
    expect(both.labels).toEqual(['1', '3']);
    expect(await foregrounds(join(folder, 'both'))).toEqual([16, 8]);
    const one = await createDataset(join(folder, 'one'), { ...options, shares, label: '1' });
    expect(one).toMatchObject({ labels: ['1'], withoutFinding: 1 });
    expect(await foregrounds(join(folder, 'one'))).toEqual([8, 0]);
    await expect(createDataset(join(folder, 'none'), { ...options, label: '2' })).rejects.toThrow('got 1, 3');
  });

  it('pairs names in any Unicode form, and leaves hidden files out', async () => {
    const options = await material(['e\u0301', '\u00fc'], (name) => `${name.normalize('NFC')}_mask.png`);
    await writeFile(join(options.images, '._x.png'), 'no image');
    await writeFile(join(options.masks, '._x_mask.png'), 'no image');
    const out = join(folder, 'out');
    expect(await createDataset(out, { ...options, shares: { train: 1, val: 0, test: 0 } })).toMatchObject({ train: 2 });
    expect((await readSplit(out, 'train')).missing).toEqual([]);
  });

  it('names files that do not pair, and leaves no output', async () => {
    const options = await material(['a', 'b']);
    const out = join(folder, 'out');
    await writeFile(
      join(options.masks, 'z.png'),
      await encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) }),
    );
    await expect(createDataset(out, options)).rejects.toThrow(
      'expected masks named after images, got others (1: z.png)',
    );
    await rm(join(options.masks, 'z.png'));
    await rm(join(options.masks, 'b.png'));
    await expect(createDataset(out, options)).rejects.toThrow('expected a mask for each image, got none for 1: b');
    await writeFile(
      join(options.masks, 'b.png'),
      await encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) }),
    );
    await expect(createDataset(out, options)).rejects.toThrow('expected a mask of 32x32 pixels, as its image, got 2x2');
    expect(await readdir(folder)).toEqual(['images', 'masks']);
  });

  it('overwrites nothing', async () => {
    const options = await material(['a']);
    await expect(createDataset(options.images, options)).rejects.toThrow('expected no folder or an empty one');
  });
});

describe('splits', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 60 });

  it('hold every name once, the same for a seed whatever the order of the names', () => {
    fc.assert(
      fc.property(names, fc.nat(), (list, seed) => {
        const splits = assignSplits(list, { seed });
        expect([...splits.keys()].sort()).toEqual([...list].sort());
        expect(new Map([...assignSplits([...list].reverse(), { seed })].sort())).toEqual(new Map([...splits].sort()));
      }),
    );
  });

  it('have the shares asked for', () => {
    const splits = assignSplits(numbered(1000, String), { seed: 5 });
    const count = (split: string) => [...splits.values()].filter((s) => s === split).length;
    expect([count('train'), count('val'), count('test')]).toEqual([800, 100, 100]);
  });

  it('refuse shares that do not add up', () => {
    expect(() => assignSplits([], { seed: 1, shares: { ...DEFAULT_SHARES, val: 0.3 } })).toThrow(
      'expected shares of 0 or more that add up to 1, got 0.8, 0.3 and 0.1',
    );
  });

  it('have nested subsets, rounded down as published', () => {
    const items = numbered(624, String);
    const subsets = [10, 25, 50, 100].map((percentage) => subset(items, percentage, 3));
    expect(subsets.map((list) => list.length)).toEqual([62, 156, 312, 624]);
    for (const [i, list] of subsets.entries()) for (const item of list) expect(subsets[i + 1] ?? items).toContain(item);
    expect(subset(['a'], 10, 3)).toEqual(['a']);
    expect(subset([], 10, 3)).toEqual([]);
  });
});

describe('sheets', () => {
  it('read back as they were written, whatever the prompts hold', async () => {
    const path = join(folder, 'sheet.xlsx');
    // Sheets are trimmed when they are read, and hold no control characters.
    const text = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((s) => s.replace(/\p{C}/gu, '').trim())
      .filter((s) => s !== '');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ prompt: text }), { maxLength: 5 }), async (list) => {
        const rows = list.map(({ prompt }, i) => ({ image: `${i}.png`, prompt, mask: `${i}.png` }));
        await writeFile(path, encodePromptSheet(rows));
        expect(await readPromptSheet(path)).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });

  it('are the same bytes for the same rows', async () => {
    const rows = [{ image: 'a.png', prompt: '<&> one', mask: 'a.png' }];
    expect(encodePromptSheet(rows)).toEqual(encodePromptSheet(rows));
    await writeFile(join(folder, 's.xlsx'), encodePromptSheet(rows));
    expect((await readFile(join(folder, 's.xlsx'))).subarray(0, 2).toString()).toBe('PK');
  });
});
