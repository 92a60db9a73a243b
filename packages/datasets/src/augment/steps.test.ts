import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPhantom } from '../phantoms/draw.ts';
import { findLesions } from '../prompts/lesions.ts';
import { placesIn } from '../prompts/read.ts';
import { seededRandom } from '../random.ts';
import { AUGMENTATION_NAMES, type AugmentationName, augmentations, augmentSample, type Sample } from './steps.ts';

const phantom = (seed: number): Sample => {
  const { image, mask, prompt } = drawPhantom({ modality: 'endoscopy', seed, size: 48 });
  return { image, mask, prompt };
};

const pattern: Sample = {
  image: {
    width: 24,
    height: 24,
    channels: 3,
    data: Uint8Array.from({ length: 1728 }, (_, i) => (i * 37 + (i >> 3) * 11) % 256),
  },
  mask: {
    width: 24,
    height: 24,
    channels: 1,
    data: Uint8Array.from({ length: 576 }, (_, i) => ((i * 13) % 7 < 3 ? 255 : 0)),
  },
  prompt: 'one polyp, located in top left',
};

describe('the steps of published and committed configurations', () => {
  it.each([
    ['rotation', '0dcf631254a21561345e8637f8b1141a'],
    ['flips', 'a3210d5ab6bd95d1937c4c92abfedcaa'],
    ['affine', '22bc69a51995de8e2abcedeb2c18d2a5'],
    ['color', 'a94ff8af49ffdc47d52a5a39b96cc1cf'],
  ] as const)('%s gives the bytes that it always gave', (name, digest) => {
    const hash = createHash('sha256');
    for (let seed = 0; seed < 8; seed++) {
      const { image, mask, prompt } = augmentations[name](
        pattern,
        seededRandom('augment', seed, name === 'color' ? 'colour' : name),
      );
      hash.update(image.data).update(mask.data).update(prompt);
    }
    expect(hash.digest('hex').slice(0, 32)).toBe(digest);
  });
});

describe('every step', () => {
  it.each(AUGMENTATION_NAMES)('%s is determined by its key, keeps the size, and leaves its input alone', (name) => {
    const sample = phantom(3);
    const before = structuredClone(sample);
    const outputs = [0, 1, 2, 3].map((n) => augmentSample(sample, [name], ['test', n]));
    expect(sample).toEqual(before);
    expect(augmentSample(sample, [name], ['test', 0])).toEqual(outputs[0]);
    // Compositions need a partner; other steps change only the prompt.
    if (!['mosaic', 'paste', 'wrongLesion', 'relaxedPlace'].includes(name))
      expect(
        new Set(outputs.map(({ image }) => createHash('sha1').update(image.data).digest('hex'))).size,
      ).toBeGreaterThan(1);
    for (const { image, mask } of outputs) {
      expect([image.width, image.height, image.data.length]).toEqual([48, 48, 48 * 48 * 3]);
      expect([mask.width, mask.height, mask.data.length]).toEqual([48, 48, 48 * 48]);
      expect(image.data).toBeInstanceOf(Uint8Array);
      expect(new Set(mask.data).size).toBeLessThanOrEqual(2);
    }
  });
});

describe('steps in a row', () => {
  it('draw apart: another step before them changes nothing of what they draw', () => {
    const sample = phantom(1);
    const alone = augmentSample(sample, ['flips', 'affine'], [7]);
    const after = augmentSample(sample, ['gamma', 'flips', 'brightness', 'affine'], [7]);
    expect(after.mask).toEqual(alone.mask);
    expect(after.prompt).toBe(alone.prompt);
  });

  it('draw again where one occurs twice', () => {
    const sample = phantom(1);
    const twice = augmentSample(sample, ['gamma', 'gamma'], [7]);
    expect(twice).not.toEqual(augmentSample(augmentSample(sample, ['gamma'], [7]), ['gamma'], [7]));
  });

  it('take options', () => {
    const sample = phantom(1);
    const steps = (['across', 'down'] as const).map((direction) =>
      augmentSample(sample, [{ name: 'flips', across: 0, down: 0, [direction]: 1 }], [1]),
    );
    expect(steps[0]?.image).not.toEqual(sample.image);
    expect(steps[0]?.image).not.toEqual(steps[1]?.image);
    expect(augmentSample(sample, [{ name: 'brightness', by: 0 }], [1]).image).toEqual(sample.image);
    expect(augmentSample(sample, [{ name: 'crop', least: 1 }], [1])).toEqual(sample);
  });
});

describe('prompts', () => {
  const keepTrue: readonly AugmentationName[] = ['flips', 'scale', 'crop'];

  it('stay true: the places in the prompt are those that the mask shows', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(), fc.shuffledSubarray([...keepTrue], { minLength: 1 }), (seed, key, steps) => {
        const { mask, prompt } = augmentSample(phantom(seed), steps, [key]);
        expect([...placesIn(prompt)].sort()).toEqual(
          findLesions(mask)
            .map(({ place }) => place)
            .sort(),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('come back after two flips, capitals and all', () => {
    const both = { name: 'flips', across: 1, down: 1 } as const;
    const sample = { ...phantom(2), prompt: 'Upper left and right: Top, bottom. Leftover stays.' };
    const once = augmentSample(sample, [both], [1]);
    expect(once.prompt).toBe('Lower right and left: Bottom, top. Leftover stays.');
    expect(augmentSample(sample, [both, both], [1])).toEqual(sample);
  });
});

describe('light', () => {
  const gray = (value: number): Sample => ({
    ...pattern,
    image: { ...pattern.image, data: new Uint8Array(1728).fill(value) },
  });

  it('gamma keeps black and white, contrast middle gray', () => {
    for (const value of [0, 255]) expect(augmentSample(gray(value), ['gamma'], [4])).toEqual(gray(value));
    expect(Math.abs((augmentSample(gray(128), ['contrast'], [4]).image.data[0] as number) - 128)).toBeLessThan(1);
  });

  it('speckle has the deviation asked for, and mean 1', () => {
    const { data } = augmentSample(gray(100), [{ name: 'speckle', deviation: 0.2 }], [4]).image;
    const pixels = data.filter((_, i) => i % 3 === 0);
    const mean = pixels.reduce((a, b) => a + b) / pixels.length;
    const deviation = Math.sqrt(pixels.reduce((sum, v) => sum + (v - mean) ** 2, 0) / pixels.length);
    expect(Math.abs(mean - 100)).toBeLessThan((4 * 20) / Math.sqrt(pixels.length));
    expect(Math.abs(deviation - 20)).toBeLessThan(2);
  });
});
