// Distances between the outlines of two masks: surface Dice of the boundary, HD95, average surface distance.
import { type CornerElements, cornerElements } from './corner-elements.ts';
import { type MaskImage, type Spacing, UNIT_SPACING } from './mask.ts';
import { mutualDistances } from './nearest-distances.ts';

/**
 * Length of outline at a corner by its neighbor code: half of each pixel edge between inside and outside that meets there, cut short
 * where the outline turns.
 */
export function outlineLengths({ x, y }: Spacing = UNIT_SPACING): Float64Array {
  const turn = Math.hypot(x, y) / 2;
  return Float64Array.from({ length: 16 }, (_, code) => {
    if (code === 0 || code === 15) return 0;
    if (code === 9 || code === 6) return 2 * turn;
    if (code === 3 || code === 12) return x;
    if (code === 5 || code === 10) return y;
    return turn;
  });
}

export interface ContourScores {
  /** Normalized surface Dice of the boundary: share of both outlines within the tolerance of the other, 0 to 1. */
  readonly nsd: number;
  /** Hausdorff distance, 95th percentile: the larger one of the two sides, weighted by length. */
  readonly hd95: number;
  /** Mean distance over both outlines, weighted by length (symmetric). */
  readonly averageSurfaceDistance: number;
}

export interface ContourOptions {
  /** In the unit of `spacing`; 2 by default. */
  readonly tolerance?: number;
  readonly spacing?: Spacing;
}

/** As published: two pixels. */
export const PIXEL_CONTOUR: Required<ContourOptions> = { tolerance: 2, spacing: UNIT_SPACING };

/** The smallest distance that the given share of an outline does not exceed: a quickselect weighted by length. */
function percentile({ weight }: CornerElements, distances: Float64Array, share: number): number {
  const [value, length] = [distances.slice(), weight.slice()];
  let total = 0;
  for (let i = 0; i < length.length; i++) total += length[i] as number;
  let missing = share * total;
  let [low, high] = [0, value.length - 1];
  while (low < high) {
    const pivot = value[(low + high) >> 1] as number;
    // Partitions: smaller values before `less`, greater ones from `more` on.
    let [less, more] = [low, high];
    let [lengthBelow, lengthAt] = [0, 0];
    for (let i = low; i <= more; ) {
      const v = value[i] as number;
      const w = length[i] as number;
      const other = v < pivot ? less++ : v > pivot ? more-- : i;
      if (v < pivot) lengthBelow += w;
      if (v === pivot) lengthAt += w;
      value[i] = value[other] as number;
      length[i] = length[other] as number;
      value[other] = v;
      length[other] = w;
      if (v <= pivot) i++;
    }
    if (lengthBelow >= missing) high = less - 1;
    else if (lengthBelow + lengthAt >= missing || more === high) return pivot;
    else {
      missing -= lengthBelow + lengthAt;
      low = more + 1;
    }
  }
  return value[low] as number;
}

/**
 * Distances between two outlines. Outlines run between pixels, and along the image's edge where a mask touches it. This scores the
 * boundary; the published "NSD" is `publishedSurfaceDice`.
 *
 * Two empty masks agree (1, 0, 0); one empty mask does not (0, infinite, infinite).
 */
export function contourScores(
  truth: MaskImage,
  prediction: MaskImage,
  { tolerance = PIXEL_CONTOUR.tolerance, spacing = PIXEL_CONTOUR.spacing }: ContourOptions = {},
): ContourScores {
  const lengths = outlineLengths(spacing);
  const [a, b] = [cornerElements(truth, lengths), cornerElements(prediction, lengths)];
  if (a.x.length === 0 && b.x.length === 0) return { nsd: 1, hd95: 0, averageSurfaceDistance: 0 };
  if (a.x.length === 0 || b.x.length === 0)
    return { nsd: 0, hd95: Number.POSITIVE_INFINITY, averageSurfaceDistance: Number.POSITIVE_INFINITY };
  const [fromA, fromB] = mutualDistances(a, b, spacing);
  const sides = [
    [a, fromA],
    [b, fromB],
  ] as const;
  let [total, within, sum] = [0, 0, 0];
  for (const [{ weight }, distances] of sides)
    for (let i = 0; i < weight.length; i++) {
      const length = weight[i] as number;
      const distance = distances[i] as number;
      total += length;
      sum += length * distance;
      if (distance <= tolerance) within += length;
    }
  return {
    nsd: within / total,
    hd95: Math.max(...sides.map(([side, distances]) => percentile(side, distances, 0.95))),
    averageSurfaceDistance: sum / total,
  };
}
