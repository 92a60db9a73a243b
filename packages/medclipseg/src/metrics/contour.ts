// Distances between the outlines of two masks: surface Dice of the boundary, HD95, average surface distance.
import type { MaskImage } from './published-surface.ts';

export interface Spacing {
  /** Size of a pixel, in any unit; results are in the same one. */
  readonly x: number;
  readonly y: number;
}

const UNIT: Spacing = { x: 1, y: 1 };

/** Lower envelope of parabolas along one line, in place; `at(i)` is the index of its i-th point. */
function transformLine(distance: Float64Array, at: (i: number) => number, n: number, step: number): void {
  const value = new Float64Array(n);
  const hull = new Int32Array(n);
  const from = new Float64Array(n);
  let size = 0;
  for (let q = 0; q < n; q++) {
    const f = distance[at(q)] as number;
    value[q] = f;
    if (f === Number.POSITIVE_INFINITY) continue;
    let start = Number.NEGATIVE_INFINITY;
    while (size > 0) {
      const v = hull[size - 1] as number;
      start = ((f - (value[v] as number)) / step ** 2 + q * q - v * v) / (2 * (q - v));
      if (start > (from[size - 1] as number)) break;
      size--;
      start = Number.NEGATIVE_INFINITY;
    }
    hull[size] = q;
    from[size++] = start;
  }
  if (size === 0) return;
  for (let i = 0, k = 0; i < n; i++) {
    while (k + 1 < size && (from[k + 1] as number) < i) k++;
    const v = hull[k] as number;
    distance[at(i)] = ((i - v) * step) ** 2 + (value[v] as number);
  }
}

/** Euclidean distance to the nearest marked point of a lattice, infinite where there is none; exact, in linear time (Felzenszwalb & Huttenlocher 2012). */
export function distanceTransform(
  marked: ArrayLike<number>,
  width: number,
  height: number,
  { x: stepX, y: stepY }: Spacing = UNIT,
): Float64Array {
  const distance = Float64Array.from(marked, (m) => (m ? 0 : Number.POSITIVE_INFINITY));
  for (let x = 0; x < width; x++) transformLine(distance, (i) => x + i * width, height, stepY);
  for (let y = 0; y < height; y++) transformLine(distance, (i) => y * width + i, width, stepX);
  return distance.map(Math.sqrt);
}

/** Length of outline at each corner of the pixels, `[(H + 1)·(W + 1)]`: half of each pixel edge between inside and outside that meets there, cut short at turns. */
export function outlineLengths(
  { width, height, data }: MaskImage,
  { x: stepX, y: stepY }: Spacing = UNIT,
): Float64Array {
  const lengths = new Float64Array((width + 1) * (height + 1));
  const half = Math.hypot(stepX, stepY) / 2;
  const at = (x: number, y: number) => (x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] ? 1 : 0);
  for (let y = 0, k = 0; y <= height; y++)
    for (let x = 0; x <= width; x++, k++) {
      const [a, b, c, d] = [at(x - 1, y - 1), at(x, y - 1), at(x - 1, y), at(x, y)];
      const inside = a + b + c + d;
      if (inside === 0 || inside === 4) continue;
      if (inside !== 2) lengths[k] = half;
      else if (a === d) lengths[k] = 2 * half;
      else lengths[k] = a === b ? stepX : stepY;
    }
  return lengths;
}

/** Distances from each outline to the other with the lengths that weigh them; null where a mask has no outline. */
function outlineDistances(truth: MaskImage, prediction: MaskImage, spacing: Spacing) {
  const [width, height] = [truth.width + 1, truth.height + 1];
  const lengths = [truth, prediction].map((mask) => outlineLengths(mask, spacing)) as [Float64Array, Float64Array];
  const far = lengths.map((l) => distanceTransform(l, width, height, spacing)) as [Float64Array, Float64Array];
  const pairs = (from: 0 | 1) => {
    const rows: { distance: number; length: number }[] = [];
    lengths[from].forEach((length, i) => {
      if (length > 0) rows.push({ length, distance: far[1 - from]?.[i] as number });
    });
    return rows;
  };
  return [pairs(0), pairs(1)] as const;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

export interface SurfaceScores {
  /** Share of both outlines within `tolerance` of the other: 0 to 1. */
  readonly nsd: number;
  /** The larger of the two 95th percentiles of the distances, weighted by length. */
  readonly hd95: number;
  /** Mean distance over both outlines, weighted by length. */
  readonly averageSurfaceDistance: number;
}

/**
 * How far apart two outlines are. This is the score of the boundary; the published one is `publishedSurfaceDice`.
 *
 * Two empty masks agree (1, 0, 0); one empty mask does not (0, infinite, infinite).
 *
 * @param tolerance in the unit of `spacing`
 */
export function surfaceScores(
  truth: MaskImage,
  prediction: MaskImage,
  { tolerance = 2, spacing = UNIT }: { readonly tolerance?: number; readonly spacing?: Spacing } = {},
): SurfaceScores {
  const sides = outlineDistances(truth, prediction, spacing);
  const all = sides.flat();
  if (all.length === 0) return { nsd: 1, hd95: 0, averageSurfaceDistance: 0 };
  if (sides.some((side) => side.length === 0))
    return { nsd: 0, hd95: Number.POSITIVE_INFINITY, averageSurfaceDistance: Number.POSITIVE_INFINITY };
  const total = sum(all.map(({ length }) => length));
  const percentile = (side: (typeof sides)[number]) => {
    const sorted = [...side].sort((a, b) => a.distance - b.distance);
    const enough = 0.95 * sum(sorted.map(({ length }) => length));
    let reached = 0;
    for (const { distance, length } of sorted) {
      reached += length;
      if (reached >= enough) return distance;
    }
    return sorted.at(-1)?.distance as number;
  };
  return {
    nsd: sum(all.map(({ length, distance }) => (distance <= tolerance ? length : 0))) / total,
    hd95: Math.max(percentile(sides[0]), percentile(sides[1])),
    averageSurfaceDistance: sum(all.map(({ length, distance }) => length * distance)) / total,
  };
}
