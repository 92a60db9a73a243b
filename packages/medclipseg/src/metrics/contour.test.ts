// Distances of outlines against brute force and shapes whose answer is known.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bruteDistances } from './brute-force.ts';
import { contourScores, outlineLengths } from './contour.ts';
import { cornerElements } from './corner-elements.ts';
import { blocksOf, distancesByBlocks } from './distance-blocks.ts';
import { distancesByTransform, frameOf } from './distance-transform.ts';
import { mutualDistances } from './nearest-distances.ts';
import { publishedSurfaceDice } from './published-surface.ts';

const spacing = fc.record({
  x: fc.double({ min: 0.2, max: 4, noNaN: true }),
  y: fc.double({ min: 0.2, max: 4, noNaN: true }),
});
const side = fc.integer({ min: 1, max: 12 });
const mask = (width: number, height: number) =>
  fc
    .tuple(
      fc.constantFrom(0.02, 0.2, 0.6),
      fc.array(fc.double({ noNaN: true, min: 0, max: 1 }), { minLength: width * height, maxLength: width * height }),
    )
    .map(([share, values]) => ({ width, height, data: values.map((v) => (v < share ? 1 : 0)) }));
const pair = fc.tuple(side, side).chain(([w, h]) => fc.tuple(mask(w, h), mask(w, h)));
const disk = (radius: number) => ({
  width: 80,
  height: 80,
  data: Uint8Array.from({ length: 6400 }, (_, i) =>
    Math.hypot((i % 80) - 40, Math.floor(i / 80) - 40) <= radius ? 1 : 0,
  ),
});
const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

/** Some rectangles, far apart or not: few points, many blocks. */
const sparse = fc.record({
  width: fc.integer({ min: 30, max: 90 }),
  height: fc.integer({ min: 30, max: 90 }),
  boxes: fc.array(fc.tuple(fc.nat(89), fc.nat(89), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 })), {
    minLength: 1,
    maxLength: 4,
  }),
});
const filled = ({
  width,
  height,
  boxes,
}: {
  width: number;
  height: number;
  boxes: [number, number, number, number][];
}) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return boxes.some(([left, top, w, h]) => x >= left && x < left + w && y >= top && y < top + h) ? 1 : 0;
  }),
});

it('finds the nearest point as brute force does, by blocks, by transform and by what it chooses', () => {
  const masks = fc.oneof(pair, fc.tuple(sparse.map(filled), sparse.map(filled)));
  let chosen = 0;
  fc.assert(
    fc.property(masks, spacing, ([a, b], step) => {
      const [p, q] = [cornerElements(a, outlineLengths(step)), cornerElements(b, outlineLengths(step))];
      const expected = bruteDistances(p, q, step);
      const found = [mutualDistances(p, q, step)[0]];
      expect(mutualDistances(q, p, step)[1]).toEqual(found[0]);
      if (p.x.length > 0 && q.x.length > 0) {
        const frame = frameOf(p, q);
        const blocks = distancesByBlocks(blocksOf(p, frame), blocksOf(q, frame), step);
        expect(blocks).toEqual(expected);
        found.push(distancesByTransform(p, q, frame, step));
        if (8 * (p.x.length + q.x.length) < frame.width * frame.height) chosen++;
      }
      for (const distances of found)
        distances.forEach((distance, i) => {
          if (expected[i] === Number.POSITIVE_INFINITY) expect(distance).toBe(Number.POSITIVE_INFINITY);
          else expect(distance).toBeCloseTo(expected[i] as number, 9);
        });
    }),
    { numRuns: 300 },
  );
  expect(chosen).toBeGreaterThan(30);
});

it('finds every corner where pixels differ, wherever groups of them are alike', () => {
  const corners = ({ width, height, data }: ReturnType<typeof filled>, weights: Float64Array) => {
    const at = (x: number, y: number) =>
      x >= 0 && x < width && y >= 0 && y < height ? (data[y * width + x] as number) : 0;
    const all: number[][] = [];
    for (let y = 0; y <= height; y++)
      for (let x = 0; x <= width; x++) {
        const code = at(x - 1, y - 1) + 2 * at(x, y - 1) + 4 * at(x - 1, y) + 8 * at(x, y);
        if (weights[code] !== 0) all.push([x, y, weights[code] as number]);
      }
    return all;
  };
  const outline = outlineLengths();
  const surface = Float64Array.from({ length: 16 }, (_, code) => code);
  fc.assert(
    fc.property(
      fc.oneof(
        sparse.map(filled),
        side.chain((w) => mask(w, 9)),
      ),
      (image) => {
        for (const weights of [outline, surface]) {
          const { x, y, weight } = cornerElements(image, weights);
          expect([...x].map((column, i) => [column, y[i], weight[i]])).toEqual(corners(image as never, weights));
        }
      },
    ),
  );
});

it('scores outlines by their definitions, whichever mask comes first', () => {
  fc.assert(
    fc.property(pair, spacing, ([a, b], step) => {
      const lengths = outlineLengths(step);
      const [p, q] = [cornerElements(a, lengths), cornerElements(b, lengths)];
      fc.pre(p.x.length > 0 && q.x.length > 0);
      const [fromP, fromQ] = [bruteDistances(p, q, step), bruteDistances(q, p, step)];
      const total = sum(p.weight) + sum(q.weight);
      const length = (limit: number, { weight }: typeof p, distances: Float64Array) =>
        sum(weight.map((w, i) => ((distances[i] as number) <= limit ? w : 0)));
      const near = (limit: number) => [length(limit, p, fromP), length(limit, q, fromQ)] as const;
      // Off every distance that can occur, so that rounding cannot decide.
      const tolerance = 1.23456789;
      const scores = contourScores(a, b, { tolerance, spacing: step });
      expect(scores.nsd).toBeCloseTo(sum(near(tolerance)) / total, 9);
      const weighted =
        sum(p.weight.map((w, i) => w * (fromP[i] as number))) + sum(q.weight.map((w, i) => w * (fromQ[i] as number)));
      expect(scores.averageSurfaceDistance).toBeCloseTo(weighted / total, 9);
      // 95% of each outline is within this distance; for one of them no smaller distance suffices.
      const shares = (limit: number) => Math.min(near(limit)[0] / sum(p.weight), near(limit)[1] / sum(q.weight));
      expect(shares(scores.hd95 + 1e-9)).toBeGreaterThanOrEqual(0.95 - 1e-9);
      expect(shares(scores.hd95 - 1e-9)).toBeLessThan(0.95 + 1e-9);
      const swapped = contourScores(b, a, { tolerance, spacing: step });
      expect(swapped.nsd).toBeCloseTo(scores.nsd, 12);
      expect(swapped.hd95).toBe(scores.hd95);
    }),
    { numRuns: 300 },
  );
});

it('has an outline as long as the edge between inside and outside, where it does not turn', () => {
  const box = {
    width: 9,
    height: 9,
    data: Uint8Array.from({ length: 81 }, (_, i) => (i % 9 > 1 && i % 9 < 7 && i > 17 && i < 54 ? 1 : 0)),
  };
  const step = { x: 2, y: 3 };
  // Five pixels across and four down; each of the four corners is cut from two half edges to their diagonal.
  const cut = (step.x + step.y) / 2 - Math.hypot(step.x, step.y) / 2;
  expect(sum(cornerElements(box, outlineLengths(step)).weight)).toBeCloseTo(
    2 * (5 * step.x + 4 * step.y) - 4 * cut,
    12,
  );
});

it('measures disks three pixels apart as three pixels apart, where the published form sees hardly a difference', () => {
  const { nsd, hd95, averageSurfaceDistance } = contourScores(disk(30), disk(33));
  expect(nsd).toBeLessThan(0.2);
  expect(hd95).toBeGreaterThan(2.9);
  expect(hd95).toBeLessThan(4);
  expect(Math.abs(averageSurfaceDistance - 3)).toBeLessThan(0.4);
  expect(publishedSurfaceDice(disk(30), disk(33))).toBeGreaterThan(0.97);
});

it('scales with the spacing', () => {
  const [small, large] = [
    contourScores(disk(20), disk(23)),
    contourScores(disk(20), disk(23), { tolerance: 1, spacing: { x: 0.5, y: 0.5 } }),
  ];
  expect(large.nsd).toBe(small.nsd);
  expect(large.hd95).toBeCloseTo(small.hd95 / 2, 12);
  expect(large.averageSurfaceDistance).toBeCloseTo(small.averageSurfaceDistance / 2, 12);
});

it('agrees on two empty masks, and finds no distance to one', () => {
  const empty = { ...disk(30), data: new Uint8Array(6400) };
  expect(contourScores(empty, empty)).toEqual({ nsd: 1, hd95: 0, averageSurfaceDistance: 0 });
  expect(contourScores(disk(30), empty)).toEqual({ nsd: 0, hd95: Infinity, averageSurfaceDistance: Infinity });
  expect(contourScores(empty, disk(30))).toEqual({ nsd: 0, hd95: Infinity, averageSurfaceDistance: Infinity });
});
