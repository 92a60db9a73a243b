// Distances between two sets of points, by the faster algorithm for their number.
import { blocksOf, distancesByBlocks } from './distance-blocks.ts';
import { distancesByTransform, frameOf, type Points } from './distance-transform.ts';
import type { Spacing } from './mask.ts';

/**
 * Distances of each point of one set to the nearest of the other, in both directions, in the unit of `spacing`; infinite if the other is empty.
 *
 * @param a row by row, as `cornerElements` gives them; so is `b`
 */
export function mutualDistances(a: Points, b: Points, spacing: Spacing): readonly [Float64Array, Float64Array] {
  if (a.x.length === 0 || b.x.length === 0) {
    const infinite = ({ x }: Points) => new Float64Array(x.length).fill(Number.POSITIVE_INFINITY);
    return [infinite(a), infinite(b)];
  }
  const frame = frameOf(a, b);
  const area = frame.width * frame.height;
  // Approximate cost of comparing blocks, in pixels of a transform.
  const perPoint = 8 * (a.x.length + b.x.length);
  if (perPoint < area) {
    const [p, q] = [blocksOf(a, frame), blocksOf(b, frame)];
    if (perPoint + p.count * q.count < area)
      return [distancesByBlocks(p, q, spacing), distancesByBlocks(q, p, spacing)];
  }
  return [distancesByTransform(a, b, frame, spacing), distancesByTransform(b, a, frame, spacing)];
}
