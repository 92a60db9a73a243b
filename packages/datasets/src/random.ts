// Seeded random numbers for pixels and choices. A key gives the same stream on every engine and in every thread.

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** Mixes every bit of a word into all others (finalizer of MurmurHash3). */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A stream of uniform numbers in [0, 1), keyed by `parts`.
 * Generator: sfc32 (Doty-Humphrey, PractRand), 32 bits per number.
 *
 * @example
 * ```ts
 * const random = seededRandom('augment', 666, 0);
 * console.log(random(), random());
 * // 0.7481347036082298 0.49987927358597517
 * ```
 */
export function seededRandom(...parts: readonly (number | string)[]): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  // JSON distinguishes 1 from '1', and ('a', 'b') from ('ab').
  for (const unit of JSON.stringify(parts)) {
    a = mix(a ^ (unit.codePointAt(0) as number));
    next();
  }
  for (let i = 0; i < 15; i++) next();
  return () => next() / 2 ** 32;
}

/** A number in [low, high). */
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

/** A standard normal number (Box–Muller) from two uniform ones. */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** One of the items. */
export const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

/** One of the keys, with probability proportional to its weight. */
export function pickWeighted<K extends string | number>(random: Random, weights: readonly (readonly [K, number])[]): K {
  let rest = random() * weights.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [key, weight] of weights) {
    rest -= weight;
    if (rest < 0) return key;
  }
  return (weights.at(-1) as readonly [K, number])[0];
}

/** The items in a random order (Fisher–Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
