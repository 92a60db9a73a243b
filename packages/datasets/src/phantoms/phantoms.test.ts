import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSplit } from '../folder.ts';
import { findLesions } from '../prompts/lesions.ts';
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
