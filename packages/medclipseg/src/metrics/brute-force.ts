// Nearest distances by comparing every pair of points: the oracle of the tests and the baseline of the benchmark.
import type { CornerElements } from './corner-elements.ts';
import type { Spacing } from './mask.ts';

export function bruteDistances(
  from: Pick<CornerElements, 'x' | 'y'>,
  to: Pick<CornerElements, 'x' | 'y'>,
  { x: stepX, y: stepY }: Spacing,
): Float64Array {
  const distances = new Float64Array(from.x.length);
  for (let i = 0; i < distances.length; i++) {
    const [x, y] = [from.x[i] as number, from.y[i] as number];
    let nearest = Number.POSITIVE_INFINITY;
    for (let j = 0; j < to.x.length; j++) {
      const [across, down] = [((to.x[j] as number) - x) * stepX, ((to.y[j] as number) - y) * stepY];
      const squared = across * across + down * down;
      if (squared < nearest) nearest = squared;
    }
    distances[i] = Math.sqrt(nearest);
  }
  return distances;
}
