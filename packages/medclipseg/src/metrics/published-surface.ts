// Normalized surface Dice as published (reference: `surface_distance` on volumes of depth one).
import { cornerElements } from './corner-elements.ts';
import { type MaskImage, UNIT_SPACING } from './mask.ts';
import { mutualDistances } from './nearest-distances.ts';

const { SQRT1_2, sqrt } = Math;

/** Area of the surface element at a corner by the number of foreground pixels around it. */
const AREA = [0, sqrt(3) / 8, SQRT1_2, 0.5 + (3 * sqrt(3)) / 8, 1] as const;
/** Two foreground pixels that touch only at the corner. */
const AREA_ACROSS = sqrt(3) / 4;

const AREAS = Float64Array.from({ length: 16 }, (_, code) => {
  const inside = [1, 2, 4, 8].filter((bit) => code & bit).length;
  return code === 9 || code === 6 ? AREA_ACROSS : (AREA[inside] as number);
});

/**
 * The published "NSD": surface Dice of volumes of depth one, in which every pixel of a region, interior included, counts as surface. It is
 * a dilated overlap, not a score of the boundary (that is `contourScores`); it exists because published figures use it.
 *
 * Two empty masks agree: 1. One empty mask does not: 0.
 *
 * @param tolerance in pixels (published: 2)
 */
export function publishedSurfaceDice(truth: MaskImage, prediction: MaskImage, tolerance = 2): number {
  const [a, b] = [cornerElements(truth, AREAS), cornerElements(prediction, AREAS)];
  const [fromA, fromB] = mutualDistances(a, b, UNIT_SPACING);
  let within = 0;
  let total = 0;
  for (const [{ weight }, distances] of [
    [a, fromA],
    [b, fromB],
  ] as const)
    for (let i = 0; i < weight.length; i++) {
      const area = weight[i] as number;
      total += area;
      if ((distances[i] as number) <= tolerance) within += area;
    }
  return total === 0 ? 1 : within / (total + 0.5e-8);
}
