import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPhantom } from '../phantoms/draw.ts';
import { findLesions, PLACES, SIZES } from '../prompts/lesions.ts';
import { placesIn } from '../prompts/read.ts';
import { lesionNoun } from '../prompts/wordings.ts';
import { batchRows } from './rows.ts';
import type { Partner, Sample } from './sample.ts';
import { type AugmentationStep, augmentSample, compositionIn } from './steps.ts';

const phantom = (seed: number, modality: 'endoscopy' | 'mri' = 'endoscopy', count = 1): Sample => {
  const { image, mask, prompt } = drawPhantom({ modality, seed, size: 56, count });
  return { image, mask, prompt };
};

const always = (name: 'mosaic' | 'paste'): AugmentationStep => ({ name, share: 1 });

/** Both halves of the pair that a step makes of two samples. */
const pair = (step: AugmentationStep, first: Sample, second: Sample, key: number): [Sample, Sample] =>
  ([0, 1] as const).map((asked) => augmentSample(first, [step], [key], { sample: second, asked })) as [Sample, Sample];

describe.each(['mosaic', 'paste'] as const)('%s', (name) => {
  it('shows the same image twice, with the mask of the lesion that the prompt asks for alone', () => {
    let composed = 0;
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.nat(), (a, b, key) => {
        const [first, second] = [phantom(a), phantom(100 + b)];
        const [one, other] = pair(always(name), first, second, key);
        if (!one.partial) {
          // Not composed: each half is one of the samples.
          expect([one, other]).toEqual([first, second]);
          return;
        }
        composed++;
        expect(other.image).toEqual(one.image);
        expect(one.mask.data.some((value, k) => value && other.mask.data[k])).toBe(false);
        for (const sample of [one, other]) {
          const [lesion, ...more] = findLesions(sample.mask);
          expect(more).toEqual([]);
          const [place, ...others] = placesIn(sample.prompt);
          expect(others).toEqual([]);
          const center = {
            x: ((lesion?.box.left ?? 0) + (lesion?.box.right ?? 0)) / 2,
            y: ((lesion?.box.top ?? 0) + (lesion?.box.bottom ?? 0)) / 2,
          };
          // The cell of the lesion, or in a mosaic the half that it is in.
          const halves = {
            left: center.x < 0.62,
            right: center.x > 0.38,
            top: center.y < 0.62,
            bottom: center.y > 0.38,
          };
          const fits = place === lesion?.place || (name === 'mosaic' && halves[place as keyof typeof halves]);
          expect(fits, `${sample.prompt}: ${lesion?.place}`).toBe(true);
          expect(SIZES.filter((size) => sample.prompt.includes(size))).toEqual([lesion?.size]);
        }
        expect(placesIn(one.prompt)).not.toEqual(placesIn(other.prompt));
      }),
      { numRuns: 25 },
    );
    expect(composed).toBeGreaterThan(5);
  });

  it('composes neither different kinds of lesions, nor none, nor several, nor what is composed already', () => {
    const sample = phantom(1);
    const others = [
      phantom(2, 'mri'),
      phantom(3, 'endoscopy', 0),
      phantom(5, 'endoscopy', 3),
      { ...phantom(2), partial: true },
    ];
    for (const other of others) expect(pair(always(name), sample, other, 1)).toEqual([sample, other]);
    expect(augmentSample(sample, [always(name)], [1])).toEqual(sample);
  });

  it('does not change its samples', () => {
    const [first, second] = [phantom(1), phantom(2)];
    const before = structuredClone([first, second]);
    pair(always(name), first, second, 5);
    expect([first, second]).toEqual(before);
  });
});

describe('a batch', () => {
  const prompts = Array.from({ length: 30 }, (_, i) => `one small ${i % 3 === 0 ? 'tumor' : 'polyp'} in the image`);
  const keyOf = (index: number) => ['test', index];

  it('has pairs: the row after a composition asks for its other lesion', () => {
    const steps: readonly AugmentationStep[] = ['mosaic', 'paste', 'flips'];
    const group = Array.from({ length: 24 }, (_, i) => i);
    const rows = batchRows(group, steps, keyOf, prompts);
    let pairs = 0;
    rows.forEach(({ index, key, partner }, row) => {
      const composed = compositionIn(steps, key) !== undefined;
      expect(partner !== undefined).toBe(composed);
      const before = rows[row - 1];
      if (row % 2 === 1 && before?.partner) {
        pairs++;
        expect({ index, key }).toEqual({ index: before.index, key: before.key });
        expect(partner).toEqual({ ...before.partner, asked: 1 });
      } else {
        expect(index).toBe(row);
        if (partner) {
          expect(partner.asked).toBe(0);
          expect(partner.index).not.toBe(index);
          expect(lesionNoun(prompts[partner.index] as string)).toMatchObject({
            noun: row % 3 === 0 ? 'tumor' : 'polyp',
          });
        }
      }
    });
    expect(pairs).toBeGreaterThan(2);
  });

  it('without compositions has the samples themselves', () => {
    expect(batchRows([4, 2], ['flips', 'color'], keyOf, prompts)).toEqual([
      { index: 4, key: ['test', 4] },
      { index: 2, key: ['test', 2] },
    ]);
  });

  it('turns both halves of a pair alike', () => {
    const steps: readonly AugmentationStep[] = [always('mosaic'), 'flips', 'affine', 'color'];
    const partners = ([0, 1] as const).map((asked): Partner => ({ sample: phantom(2), asked }));
    const [one, other] = partners.map((partner) => augmentSample(phantom(1), steps, [3], partner));
    expect(one?.image).toEqual(other?.image);
    expect(one?.mask).not.toEqual(other?.mask);
  });

  it('composes once', () => {
    const partner: Partner = { sample: phantom(2), asked: 0 };
    const once = augmentSample(phantom(1), [always('mosaic')], [3], partner);
    expect(augmentSample(phantom(1), [always('mosaic'), always('paste')], [3], partner)).toEqual(once);
  });
});

describe('negatives', () => {
  it('lesionFree shows a part of the image without a lesion, asks for one, and has an empty mask', () => {
    let changed = 0;
    for (let seed = 0; seed < 12; seed++) {
      const sample = phantom(seed);
      const free = augmentSample(sample, [{ name: 'lesionFree', share: 1 }], [seed]);
      expect(free.prompt).toBe(sample.prompt);
      if (free.image === sample.image) continue;
      changed++;
      expect(free.mask.data.includes(255)).toBe(false);
      expect(free.image.data).toHaveLength(sample.image.data.length);
    }
    expect(changed).toBeGreaterThan(6);
    const nothing = phantom(3, 'endoscopy', 0);
    expect(augmentSample(nothing, [{ name: 'lesionFree', share: 1 }], [1])).toEqual(nothing);
    const partial = { ...phantom(1), partial: true };
    expect(augmentSample(partial, [{ name: 'lesionFree', share: 1 }], [1])).toEqual(partial);
  });

  it('wrongLesion asks for another kind of lesion, with an empty mask', () => {
    const sample = phantom(1);
    for (let key = 0; key < 8; key++) {
      const { image, mask, prompt } = augmentSample(sample, [{ name: 'wrongLesion', share: 1 }], [key]);
      expect(image).toBe(sample.image);
      expect(mask.data.includes(255)).toBe(false);
      expect(lesionNoun(prompt)?.kind).not.toBe('polyp');
      expect(placesIn(prompt)).toEqual(placesIn(sample.prompt));
    }
    const other = { ...sample, prompt: 'a lesion' };
    expect(augmentSample(other, [{ name: 'wrongLesion', share: 1 }], [1])).toEqual(other);
  });

  it('relaxedPlace names a neighboring cell, and leaves image and mask', () => {
    const sample = phantom(1);
    const before = PLACES.indexOf(placesIn(sample.prompt)[0] ?? 'center');
    for (let key = 0; key < 8; key++) {
      const relaxed = augmentSample(sample, [{ name: 'relaxedPlace', share: 1 }], [key]);
      expect({ ...relaxed, prompt: sample.prompt }).toEqual(sample);
      const after = PLACES.indexOf(placesIn(relaxed.prompt)[0] ?? 'center');
      const [dx, dy] = [(after % 3) - (before % 3), Math.floor(after / 3) - Math.floor(before / 3)];
      expect(Math.abs(dx) + Math.abs(dy)).toBe(1);
    }
  });
});
