// The standard normal distribution, to about double precision.

const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** Chance of a value above |z|. */
function upperTail(z: number): number {
  const x = Math.abs(z);
  const density = Math.exp((-x * x) / 2) / SQRT_2PI;
  if (x < 3) {
    // Φ(x) − 1/2 = φ(x)·(x + x³/3 + x⁵/15 + …)
    let [term, sum] = [x, x];
    for (let k = 3; term > sum * 1e-17; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  // Laplace's continued fraction, from its far end.
  let fraction = x;
  for (let k = 120; k > 0; k--) fraction = x + k / fraction;
  return density / fraction;
}

/** Chance of a value below z. */
export const normalCdf = (z: number): number => (z < 0 ? upperTail(z) : 1 - upperTail(z));

/** Chance of a value at least as far from zero. */
export const twoSidedChance = (z: number): number => Math.min(1, 2 * upperTail(z));

/** Quantile of the standard normal distribution; p between 0 and 1. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  let [low, high] = [-40, 40];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
