import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSplit } from '../folder.ts';
import { readMask } from '../loading/sample.ts';
import { findLesions, SIZES, separateLesions } from '../prompts/lesions.ts';
import { placesIn } from '../prompts/read.ts';
import { MODALITIES } from '../prompts/wordings.ts';
import { drawPhantom } from './draw.ts';
import { phantomSeed, writePhantoms } from './write.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phantoms-'));
});
afterEach(() => rm(folder, { recursive: true }));

const mean = (values: ArrayLike<number>, where: (k: number) => boolean): number => {
  let [sum, count] = [0, 0];
  for (let k = 0; k < values.length; k++)
    if (where(k)) {
      sum += values[k] as number;
      count++;
    }
  return sum / count;
};

describe.each(MODALITIES)('a phantom of %s', (modality) => {
  it('depends only on its seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const [a, b] = [drawPhantom({ modality, seed, size: 48 }), drawPhantom({ modality, seed, size: 48 })];
        expect(a).toEqual(b);
        expect(drawPhantom({ modality, seed: seed + 1, size: 48 }).image.data).not.toEqual(a.image.data);
      }),
      { numRuns: 3 },
    );
  });

  it('has an accurate prompt: each word is measured on the mask', () => {
    for (let seed = 0; seed < 12; seed++) {
      const { mask, lesions: found, prompt, appearance } = drawPhantom({ modality, seed, size: 64 });
      expect(findLesions(mask)).toEqual(found);
      const count = ['no', 'one', 'two', 'three'][found.length] as string;
      expect(prompt.startsWith(`${count} `)).toBe(true);
      expect(appearance === undefined).toBe(found.length === 0);
      for (const { size, place, shape } of found)
        for (const word of [size, place, shape, appearance]) expect(prompt).toContain(word);
    }
  });

  it('shows its lesions: they differ from their surroundings', () => {
    let seen = 0;
    for (let seed = 0; seed < 8; seed++) {
      const { image, mask } = drawPhantom({ modality, seed, size: 64 });
      if (!mask.data.includes(255)) continue;
      const near = (k: number) =>
        mask.data[k] === 0 && [-3, 3, -192, 192].some((step) => (mask.data[k + step] ?? 0) === 255);
      const contrast = [0, 1, 2].map((c) => {
        const channel = image.data.filter((_, i) => i % 3 === c);
        return Math.abs(mean(channel, (k) => mask.data[k] === 255) - mean(channel, near));
      });
      expect(Math.max(...contrast)).toBeGreaterThan(6);
      seen++;
    }
    expect(seen).toBeGreaterThan(3);
  });
});

describe('phantoms', () => {
  it('are those of earlier versions, whatever options exist now', () => {
    const hash = createHash('sha256');
    for (const modality of MODALITIES)
      for (let seed = 0; seed < 6; seed++) {
        const { image, mask, prompt } = drawPhantom({ modality, seed, size: 64 });
        hash.update(image.data).update(mask.data).update(prompt);
      }
    expect(hash.digest('hex').slice(0, 32)).toBe('be591ef605dd78a990976148a84be6ba');
  });

  it.each(MODALITIES)('of %s have the number of lesions asked for, each with a word of its own', (modality) => {
    let several = 0;
    for (let seed = 0; seed < 12; seed++) {
      const options = { modality, seed, size: 64, hard: seed % 2 === 0, mixed: true } as const;
      expect(drawPhantom({ ...options, count: 0 })).toMatchObject({
        lesions: [],
        appearances: [],
        appearance: undefined,
      });
      const { lesions, appearances, prompt } = drawPhantom({ ...options, count: 2 });
      expect(lesions.length).toBeLessThanOrEqual(2);
      expect(appearances).toHaveLength(lesions.length);
      for (const word of appearances) expect(prompt).toContain(word);
      if (lesions.length === 2) several++;
      if (appearances.length === 2) expect(new Set(appearances).size).toBe(2);
    }
    expect(several).toBeGreaterThan(6);
    expect(() => drawPhantom({ modality, seed: 1, count: 4 })).toThrow(/count: expected 0 to 3 lesions, got 4/);
  });

  it('that are hard show other pixels, at places that a lesion-free phantom has too', () => {
    for (const modality of MODALITIES) {
      const [plain, hard] = [false, true].map((hard) => drawPhantom({ modality, seed: 4, size: 48, count: 0, hard }));
      expect(hard?.image.data).not.toEqual(plain?.image.data);
      expect(hard?.mask.data.includes(255)).toBe(false);
    }
  });

  it('paint each lesion in its own brightness', () => {
    const levelsOf = (word: string) => {
      const levels: number[] = [];
      for (let seed = 0; seed < 30; seed++) {
        const phantom = drawPhantom({ modality: 'mri', seed, size: 64, count: 2, mixed: true });
        separateLesions(phantom.mask).forEach(({ mask }, i) => {
          if (phantom.appearances[i] === word)
            levels.push(mean(phantom.image.data, (k) => mask.data[Math.floor(k / 3)] === 255));
        });
      }
      return levels.reduce((a, b) => a + b) / levels.length;
    };
    expect(levelsOf('bright') - levelsOf('dark')).toBeGreaterThan(80);
  });

  it('asked for one by one have a row per lesion: its mask alone, and a prompt that fits only it', async () => {
    const options = {
      modality: 'dermoscopy',
      count: 16,
      seed: 2,
      size: 64,
      ask: 'one',
      absent: 0.25,
      hard: true,
    } as const;
    const shares = { train: 1, val: 0, test: 0 };
    const drawn: number[] = [];
    await writePhantoms(join(folder, 'one'), { ...options, shares, onProgress: (n) => drawn.push(n) });
    expect(drawn).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    const { samples, missing } = await readSplit(join(folder, 'one'), 'train');
    expect(missing).toEqual([]);
    expect(new Set(samples.map(({ name }) => name)).size).toBe(samples.length);
    const byImage = new Map(
      samples.map(({ imagePath }) => [imagePath, samples.filter((row) => row.imagePath === imagePath)]),
    );
    let empty = 0;
    for (const rows of byImage.values()) {
      const masks = await Promise.all(rows.map((row) => readMask(row)));
      const lesions = masks.map((mask) => findLesions(mask));
      if (lesions.every((list) => list.length === 0)) {
        empty++;
        expect(rows).toHaveLength(1);
        continue;
      }
      for (const [i, { prompt }] of rows.entries()) {
        expect(lesions[i]).toHaveLength(1);
        const places = placesIn(prompt);
        if (places.length > 0) expect(places).toEqual([lesions[i]?.[0]?.place]);
        const sizes = SIZES.filter((size) => prompt.includes(size));
        if (sizes.length > 0) expect(sizes).toEqual([lesions[i]?.[0]?.size]);
        for (const [j, other] of masks.entries())
          if (j !== i) expect(other.data.some((v, k) => v > 127 && (masks[i]?.data[k] ?? 0) > 127)).toBe(false);
      }
      expect(new Set(rows.map(({ prompt }) => prompt)).size).toBe(rows.length);
    }
    expect(empty).toBeGreaterThan(1);
    expect(samples.length).toBeGreaterThan(byImage.size);
    await expect(writePhantoms(join(folder, 'none'), { ...options, absent: 2 })).rejects.toThrow(
      /absent: expected a share/,
    );
  });

  it('have none, one and several lesions, at many places and of every size', () => {
    const counts = new Set<number>();
    const [places, sizes] = [new Set<string>(), new Set<string>()];
    for (let seed = 0; seed < 150; seed++) {
      const { lesions: found } = drawPhantom({ modality: 'endoscopy', seed, size: 24 });
      counts.add(found.length);
      for (const { place, size } of found) {
        places.add(place);
        sizes.add(size);
      }
    }
    expect([...counts].sort()).toEqual([0, 1, 2, 3]);
    expect(places.size).toBe(9);
    expect(sizes.size).toBe(3);
  });

  it('are written as a dataset folder, the same each time', async () => {
    const options = { modality: 'mri', count: 20, seed: 3, size: 32 } as const;
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    expect(await writePhantoms(a, options)).toEqual({ train: 16, val: 2, test: 2 });
    await writePhantoms(b, options);
    const files = (await readdir(a, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files).toHaveLength(40 + 8 + 5);
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      expect(await readFile(path.replace(a, b))).toEqual(await readFile(path));
    }
    const { samples, missing } = await readSplit(a, 'train');
    expect(missing).toEqual([]);
    const [first] = samples;
    const index = Number(first?.name.slice('mri-'.length));
    expect(first?.prompt).toBe(drawPhantom({ modality: 'mri', seed: phantomSeed(3, index), size: 32 }).prompt);
    expect((await readSplit(a, 'train', { percentage: 25 })).samples).toHaveLength(4);
    expect((await readSplit(a, 'test', { design: 'contradictory' })).samples).toHaveLength(2);
  });
});
