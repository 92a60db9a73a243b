// Masks, outlines, colors and values drawn from probability maps.
import { overlayImage, uncertaintyImage } from 'medclipseg/images';
import { MAXIMUM_ENTROPY } from 'medclipseg/metrics';
import { describe, expect, it } from 'vitest';
import { ERRORS, SCALES } from './colors.ts';
import { borderOf, differenceLayer, errorLayer, mapLayer, rgbaOf, tintLayer } from './layers.ts';
import { displaySize, layerSize, valueAt } from './maps.ts';
import { aboveThreshold, largestPart, resizeMask } from './masks.ts';

/** A mask from rows of dots and hashes. */
const mask = (...rows: string[]) => Uint8Array.from(rows.join(''), (letter) => (letter === '#' ? 1 : 0));

describe('a mask', () => {
  it('contains pixels above the threshold, but not at it', () => {
    expect([...aboveThreshold(Float32Array.of(0.2, 0.5, 0.51, 1), 0.5)]).toEqual([0, 0, 1, 1]);
  });

  it('reduced to its largest part drops parts that touch only at corners, and keeps the first of equal parts', () => {
    expect(largestPart(mask('##..', '..#.', '..##'), 4)).toEqual(mask('....', '..#.', '..##'));
    expect(largestPart(mask('#..#', '#..#'), 4)).toEqual(mask('#...', '#...'));
    // Rows do not join around the edge.
    expect(largestPart(mask('..##', '#...'), 4)).toEqual(mask('..##', '....'));
    expect(largestPart(mask('....'), 4)).toEqual(mask('....'));
  });

  it('is resized by nearest neighbor', () => {
    expect(resizeMask(mask('#.', '.#'), [2, 2], [4, 4])).toEqual(mask('##..', '##..', '..##', '..##'));
    expect(resizeMask(mask('##..', '##..', '..##', '..##'), [4, 4], [2, 2])).toEqual(mask('#.', '.#'));
  });
});

describe('layers', () => {
  it('are transparent where there is nothing to show', () => {
    const alphas = (layer: Uint8ClampedArray) => [...layer].filter((_, i) => i % 4 === 3);
    expect(alphas(tintLayer(mask('.#')))).toEqual([0, 255]);
    const [none, both, missed, excess] = alphas(errorLayer(mask('.#.#'), mask('.##.')));
    expect(none).toBe(0);
    expect(Math.min(both as number, missed as number, excess as number)).toBeGreaterThan(0);
    const [equal, little, much] = alphas(differenceLayer(Float32Array.of(0, -0.2, 0.9)));
    expect((equal as number) < (little as number) && (little as number) < (much as number)).toBe(true);
  });

  it('have a border on both sides of the edge, no wider than its reach', () => {
    const square = mask('......', '.####.', '.####.', '.####.', '.####.', '......');
    const border = borderOf(square, 6, 6, 1);
    expect([...border.subarray(12, 18)]).toEqual([2, 1, 0, 0, 1, 2]);
    expect(border[2 * 6 + 1]).toBe(1);
    expect(Math.max(...borderOf(mask('....'), 4, 1, 2))).toBe(0);
  });

  it('use the command line’s colors for uncertainty', () => {
    const uncertainty = Float32Array.from({ length: 256 }, (_, i) => (i / 255) * MAXIMUM_ENTROPY);
    const { data } = uncertaintyImage({ width: 256, height: 1, uncertainty });
    expect([...mapLayer(uncertainty, 'heat', 0, MAXIMUM_ENTROPY)]).toEqual([...rgbaOf(data)]);
    expect(SCALES.heat.length).toBe(768);
  });

  it('use the command line’s tint for masks', () => {
    const image = { width: 5, height: 5, channels: 3, data: new Uint8Array(75) } as const;
    const whole = new Uint8Array(25).fill(1);
    const tinted = overlayImage(image, { mask: whole }).data.subarray(3 * 12, 3 * 13);
    const own = tintLayer(whole).subarray(0, 3);
    expect([...tinted]).toEqual([...own].map((value) => Math.round(value * 0.3)));
  });
});

it('the difference of two prompts has none of the colors of errors', () => {
  const ends = [SCALES.balance.subarray(0, 3), SCALES.balance.subarray(-3)];
  for (const end of ends)
    for (const color of Object.values(ERRORS))
      expect(Math.hypot(...color.map((value, i) => value - (end[i] as number)))).toBeGreaterThan(80);
});

it('values at a point match the enlarged map', () => {
  const map = Float32Array.of(0, 1, 2, 3);
  expect(valueAt(map, 2, 0.25, 0.25)).toBe(0);
  expect(valueAt(map, 2, 0.75, 0.75)).toBe(3);
  expect(valueAt(map, 2, 0.5, 0.5)).toBe(1.5);
  expect(valueAt(map, 2, 0, 1)).toBe(2);
});

it('sizes keep the aspect ratio, enlarge small images and limit large ones', () => {
  expect(layerSize(224, 224)).toEqual([720, 720]);
  expect(layerSize(4000, 1000)).toEqual([1200, 300]);
  expect(displaySize(224, 100)).toEqual([224, 100]);
  expect(displaySize(9600, 4800)).toEqual([2400, 1200]);
});
