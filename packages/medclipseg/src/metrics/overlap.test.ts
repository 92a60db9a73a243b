// Scores of overlap: the published ones at their reference values, the others by their relations.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dice } from './dice.ts';
import { overlapScores } from './index.ts';
import { publishedSurfaceDice } from './published-surface.ts';

const picture = (inside: (x: number, y: number) => boolean) => ({
  width: 20,
  height: 20,
  data: Uint8Array.from({ length: 400 }, (_, i) => (inside(i % 20, Math.floor(i / 20)) ? 1 : 0)),
});
const square = picture((x, y) => y >= 4 && y <= 11 && x >= 5 && x <= 12);

it.each([
  ['a shifted block', picture((x, y) => y >= 6 && y <= 14 && x >= 8 && x <= 17), 0.7545724558, 0.3896103896],
  ['a disk', picture((x, y) => (y - 10) ** 2 + (x - 9) ** 2 <= 25), 0.9593868618, 0.6620689655],
  ['nothing', picture(() => false), 0, 0],
  ['itself', square, 0.99999999996, 0.99999999992],
])('scores a square against %s as the reference does', (_, other, nsd, dsc) => {
  expect(publishedSurfaceDice(square, other)).toBeCloseTo(nsd, 9);
  expect(dice(square.data, other.data)).toBeCloseTo(dsc, 9);
});

const pairs = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)), { minLength: 1, maxLength: 40 });

it('relates to Dice as the definitions do, and swaps precision with recall', () => {
  fc.assert(
    fc.property(pairs, (rows) => {
      const [a, b] = [rows.map(([t]) => t), rows.map(([, p]) => p)];
      const scores = overlapScores(a, b);
      expect(dice(a, b)).toBeCloseTo((2 * scores.iou) / (1 + scores.iou), 6);
      expect(overlapScores(b, a)).toEqual({ iou: scores.iou, precision: scores.recall, recall: scores.precision });
    }),
  );
});

it('counts what was found and what was right', () => {
  expect(overlapScores([1, 1, 1, 0, 0], [1, 0, 0, 1, 0])).toEqual({ iou: 1 / 4, precision: 1 / 2, recall: 1 / 3 });
  expect(overlapScores([0, 0], [0, 0])).toEqual({ iou: 1, precision: 1, recall: 1 });
  expect(overlapScores([1, 0], [0, 0])).toEqual({ iou: 0, precision: 0, recall: 0 });
});
