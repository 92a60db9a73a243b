// Distances of outlines against brute force and shapes whose answer is known.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { distanceTransform, outlineLengths, surfaceScores } from './index.ts';

const spacing = fc.record({
  x: fc.double({ min: 0.2, max: 4, noNaN: true }),
  y: fc.double({ min: 0.2, max: 4, noNaN: true }),
});
const mask = (width: number, height: number) =>
  fc
    .array(fc.constantFrom(0, 0, 1), { minLength: width * height, maxLength: width * height })
    .map((data) => ({ width, height, data }));
const pair = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([w, h]) => fc.tuple(mask(w, h), mask(w, h)));
const disk = (radius: number) => ({
  width: 80,
  height: 80,
  data: Uint8Array.from({ length: 6400 }, (_, i) =>
    Math.hypot((i % 80) - 40, Math.floor(i / 80) - 40) <= radius ? 1 : 0,
  ),
});

it('gives every point its distance to the nearest mark, as brute force does', () => {
  fc.assert(
    fc.property(pair, spacing, ([{ width, height, data }], step) => {
      const distances = distanceTransform(data, width, height, step);
      distances.forEach((distance, i) => {
        const nearest = Math.min(
          ...data.flatMap((m, j) =>
            m
              ? [
                  Math.hypot(
                    ((i % width) - (j % width)) * step.x,
                    (Math.floor(i / width) - Math.floor(j / width)) * step.y,
                  ),
                ]
              : [],
          ),
        );
        if (nearest === Number.POSITIVE_INFINITY) expect(distance).toBe(nearest);
        else expect(distance).toBeCloseTo(nearest, 9);
      });
    }),
  );
});

it('scores outlines as brute force does, whichever mask comes first', () => {
  fc.assert(
    fc.property(pair, spacing, ([a, b], step) => {
      const points = [a, b].map((m) =>
        [...outlineLengths(m, step)].flatMap((length, i) =>
          length > 0 ? [{ length, x: (i % (m.width + 1)) * step.x, y: Math.floor(i / (m.width + 1)) * step.y }] : [],
        ),
      );
      const [p = [], q = []] = points;
      fc.pre(p.length > 0 && q.length > 0);
      const measured = [p, q].flatMap((side, s) =>
        side.map(({ length, x, y }) => ({
          length,
          distance: Math.min(...(s === 0 ? q : p).map((o) => Math.hypot(o.x - x, o.y - y))),
        })),
      );
      const total = measured.reduce((sum, m) => sum + m.length, 0);
      // Off every distance that can occur, so that rounding cannot decide.
      const tolerance = 1.23456789;
      const scores = surfaceScores(a, b, { tolerance, spacing: step });
      const within = measured.reduce((sum, m) => sum + (m.distance <= tolerance ? m.length : 0), 0);
      expect(scores.nsd).toBeCloseTo(within / total, 9);
      expect(scores.averageSurfaceDistance).toBeCloseTo(
        measured.reduce((sum, m) => sum + m.length * m.distance, 0) / total,
        9,
      );
      // On both sides 95% of the outline lies within it, on one of them no smaller distance does.
      const share = (side: typeof p, other: typeof p, limit: number) =>
        side.reduce((sum, { length, x, y }) => {
          const distance = Math.min(...other.map((o) => Math.hypot(o.x - x, o.y - y)));
          return sum + (distance <= limit ? length : 0);
        }, 0) / side.reduce((sum, { length }) => sum + length, 0);
      const shares = (limit: number) => Math.min(share(p, q, limit), share(q, p, limit));
      expect(shares(scores.hd95 + 1e-9)).toBeGreaterThanOrEqual(0.95 - 1e-9);
      expect(shares(scores.hd95 - 1e-9)).toBeLessThan(0.95 + 1e-9);
      const swapped = surfaceScores(b, a, { tolerance, spacing: step });
      expect(swapped.nsd).toBeCloseTo(scores.nsd, 12);
      expect(swapped.hd95).toBe(scores.hd95);
    }),
  );
});

it('measures disks three pixels apart as three pixels apart', () => {
  const { nsd, hd95, averageSurfaceDistance } = surfaceScores(disk(30), disk(33));
  expect(nsd).toBeLessThan(0.2);
  expect(hd95).toBeGreaterThan(2.9);
  expect(hd95).toBeLessThan(4);
  expect(Math.abs(averageSurfaceDistance - 3)).toBeLessThan(0.4);
});

it('agrees on two empty masks, and finds no distance to one', () => {
  const empty = { ...disk(30), data: new Uint8Array(6400) };
  expect(surfaceScores(empty, empty)).toEqual({ nsd: 1, hd95: 0, averageSurfaceDistance: 0 });
  expect(surfaceScores(disk(30), empty)).toEqual({ nsd: 0, hd95: Infinity, averageSurfaceDistance: Infinity });
});
