// How much memory a model needs.

/** Samples are drawn one at a time; this is what a picture, its maps and the page itself take. */
const BESIDE = 150e6;

/** Weights, once as they are read and once in the backend, and what is beside them. @param bytes of the weights */
export const memoryOf = (bytes: number): number => 2 * bytes + BESIDE;
