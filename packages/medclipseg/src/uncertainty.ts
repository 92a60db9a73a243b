// Uncertainty of a probability.

/** Keeps the logarithm finite; same value as the reference. */
const EPSILON = 1e-8;

/** Largest possible binary entropy, ln 2. */
export const MAXIMUM_ENTROPY = Math.LN2;

/** Binary entropy −p·ln(p + 1e-8) − (1 − p)·ln(1 − p + 1e-8), in nats, between 0 and ln 2. */
export const binaryEntropy = (p: number): number =>
  Math.max(0, -(p * Math.log(p + EPSILON) + (1 - p) * Math.log(1 - p + EPSILON)));
