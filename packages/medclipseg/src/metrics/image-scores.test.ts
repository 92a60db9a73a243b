// Scores of masks: the published ones at their reference values, the others by their relations.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dice } from './dice.ts';
import { ScoreError } from './errors.ts';
import { imageScores } from './image-scores.ts';
import { overlapScores } from './overlap.ts';

interface Golden {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly dsc: number;
  readonly nsd: number;
  /** One bit per pixel, lowest first, base64. */
  readonly truth: string;
  readonly prediction: string;
}

const golden = JSON.parse(readFileSync(new URL('./fixtures/golden.json', import.meta.url), 'utf8')) as Golden[];
const unpacked = (bits: string, { width, height }: Golden) => {
  const bytes = Buffer.from(bits, 'base64');
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height }, (_, i) => ((bytes[i >> 3] as number) >> (i & 7)) & 1),
  };
};

describe('as the reference', () => {
  it.each(golden)('scores $name', (row) => {
    const scores = imageScores(unpacked(row.truth, row), unpacked(row.prediction, row));
    expect(Math.abs(scores.dsc - row.dsc)).toBeLessThan(1e-6);
    expect(Math.abs(scores.nsdPublished - row.nsd)).toBeLessThan(1e-6);
  });

  const maskOf = (inside: (x: number, y: number) => boolean) => ({
    width: 20,
    height: 20,
    data: Uint8Array.from({ length: 400 }, (_, i) => (inside(i % 20, Math.floor(i / 20)) ? 1 : 0)),
  });
  const square = maskOf((x, y) => y >= 4 && y <= 11 && x >= 5 && x <= 12);

  it.each([
    ['a shifted block', maskOf((x, y) => y >= 6 && y <= 14 && x >= 8 && x <= 17), 0.7545724558, 0.3896103896],
    ['a disk', maskOf((x, y) => (y - 10) ** 2 + (x - 9) ** 2 <= 25), 0.9593868618, 0.6620689655],
    ['nothing', maskOf(() => false), 0, 0],
    ['itself', square, 0.99999999996, 0.99999999992],
  ])('scores a square against %s', (_, other, nsd, dsc) => {
    const scores = imageScores(square, other);
    expect(scores.nsdPublished).toBeCloseTo(nsd, 9);
    expect(scores.dsc).toBeCloseTo(dsc, 9);
  });
});

const pairs = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)), { minLength: 1, maxLength: 40 });

it('relates IoU to Dice as the definitions do, and swaps precision with recall', () => {
  fc.assert(
    fc.property(pairs, (rows) => {
      const [a, b] = [rows.map(([t]) => t), rows.map(([, p]) => p)];
      const scores = overlapScores(a, b);
      expect(scores.dsc).toBeCloseTo((2 * scores.iou) / (1 + scores.iou), 6);
      expect(overlapScores(b, a)).toEqual({ ...scores, precision: scores.recall, recall: scores.precision });
    }),
  );
});

it('counts what was found and what was right', () => {
  const { iou, precision, recall } = overlapScores([1, 1, 1, 0, 0], [1, 0, 0, 1, 0]);
  expect({ iou, precision, recall }).toEqual({ iou: 1 / 4, precision: 1 / 2, recall: 1 / 3 });
});

it('gives everything to two empty masks and nothing where one is empty', () => {
  const mask = (...data: number[]) => ({ width: 2, height: 1, data });
  const shares = (value: number) => ({
    dsc: value,
    iou: value,
    precision: value,
    recall: value,
    nsdPublished: value,
    nsdContour: value,
  });
  expect(imageScores(mask(0, 0), mask(0, 0))).toEqual({ ...shares(1), hd95: 0, averageSurfaceDistance: 0 });
  for (const [truth, prediction] of [
    [mask(1, 0), mask(0, 0)],
    [mask(0, 0), mask(1, 0)],
  ] as const)
    expect(imageScores(truth, prediction)).toEqual({ ...shares(0), hd95: Infinity, averageSurfaceDistance: Infinity });
});

it('refuses masks of different sizes', () => {
  const mask = (width: number, height: number) => ({ width, height, data: new Uint8Array(width * height) });
  expect(() => imageScores(mask(3, 2), mask(2, 3))).toThrow(ScoreError);
  expect(() => imageScores(mask(3, 2), mask(2, 3))).toThrow('expected 3x2 pixels, as the true mask, got 2x3');
});

describe('masks that are not binary, or do not fit', () => {
  const mask = (width: number, height: number, data: number[]) => ({ width, height, data });
  const good = mask(2, 1, [0, 1]);
  it.each([
    [good, mask(2, 1, [0, 255]), /prediction: expected a mask of 0 and 1, got the value 255. Threshold it first/],
    [mask(2, 1, [2, 1]), good, /true mask: expected a mask of 0 and 1, got the value 2/],
    [good, mask(2, 1, [0, Number.NaN]), /got the value NaN/],
    [good, mask(2, 1, [0]), /prediction: expected 2 values for 2x1 pixels, got 1/],
    [good, mask(1, 2, [0, 1]), /prediction: expected 2x1 pixels, as the true mask, got 1x2/],
  ])('are refused: %j, %j', (truth, prediction, message) => {
    expect(() => imageScores(truth, prediction)).toThrow(message);
  });

  it('are refused by Dice and overlap as well', () => {
    expect(() => dice([0, 1], [0, 255])).toThrow(/got the value 255/);
    expect(() => overlapScores([0, 1], [0])).toThrow(/prediction: expected 2 pixels, as the true mask, got 1/);
  });
});
