// Counter-based random numbers: Threefry-2x32-20 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
// It needs only 32-bit additions, rotations and exclusive ors, so every engine draws the same bits.

/** A stream of random numbers: 64 bits of key. */
export type RandomKey = readonly [number, number];

const PARITY = 0x1bd11bda;

/** The two words of the last call of {@link threefry}, unless it was given another array. */
const scratch = new Uint32Array(2);

/** Twenty rounds of Threefry on one counter; writes two words to `out` from `at`. Unrolled, since noise is drawn by the million. */
export function threefry(key: RandomKey, c0: number, c1 = 0, out = scratch, at = 0): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = k0 ^ k1 ^ PARITY;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k0) | 0;
  x1 = (x1 + k1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 4) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 5) | 0;
  out[at] = x0;
  out[at + 1] = x1;
}

/** The key of a tuple of numbers and names. Different tuples have independent streams. */
export function keyOf(...parts: readonly (number | string)[]): RandomKey {
  let key: RandomKey = [0, 0];
  const fold = (a: number, b: number) => {
    threefry(key, a, b);
    key = [scratch[0] as number, scratch[1] as number];
  };
  for (const part of parts) {
    if (typeof part === 'number') fold(part, Math.floor(part / 2 ** 32));
    else {
      fold(part.length, 0x73747200);
      for (let i = 0; i < part.length; i++) fold(part.charCodeAt(i), i);
    }
  }
  return key;
}

/** `size` values uniform in [−bound, bound). */
export function randomUniform(key: RandomKey, size: number, bound = 1): Float32Array {
  const values = new Float32Array(size);
  const scale = (2 * bound) / 2 ** 32;
  for (let i = 0; i < size; i += 2) {
    threefry(key, i >>> 1);
    // Beyond the end of an array, a write does nothing.
    for (let j = 0; j < 2; j++) values[i + j] = (scratch[j] as number) * scale - bound;
  }
  return values;
}

/** `size` normal values with mean 0, times a factor (Box–Muller), written to `out` from `offset`. */
export function fillNormal(key: RandomKey, out: Float32Array, offset: number, size: number, factor: number): void {
  for (let i = 0; i < size; i += 2) {
    threefry(key, i >>> 1);
    // 1 − u is in (0, 1], so that the logarithm is finite.
    const radius = factor * Math.sqrt(-2 * Math.log(1 - (scratch[0] as number) / 2 ** 32));
    const angle = ((2 * Math.PI) / 2 ** 32) * (scratch[1] as number);
    out[offset + i] = radius * Math.cos(angle);
    if (i + 1 < size) out[offset + i + 1] = radius * Math.sin(angle);
  }
}

/** `size` normal values with mean 0 and the given standard deviation. */
export function randomNormal(key: RandomKey, size: number, deviation = 1): Float32Array {
  const values = new Float32Array(size);
  fillNormal(key, values, 0, size, deviation);
  return values;
}

/** Writes 0 with probability `rate`, rounded to 1/65536, and otherwise 1/(1 − rate). */
export function fillKept(key: RandomKey, rate: number, out: Float32Array): void {
  const threshold = Math.round(rate * 0x10000);
  const kept = 1 / (1 - rate);
  // Four 16-bit values per counter are enough for masks.
  for (let i = 0; i < out.length; i += 4) {
    threefry(key, i >>> 2);
    for (let j = 0; j < 4; j++) {
      const bits = ((scratch[j >> 1] as number) >>> (16 * (j & 1))) & 0xffff;
      out[i + j] = bits < threshold ? 0 : kept;
    }
  }
}

/** A seeded permutation of 0 … size − 1 (Fisher–Yates). */
export function permutation(key: RandomKey, size: number): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    threefry(key, i, 1);
    const j = Math.floor(((scratch[0] as number) / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
