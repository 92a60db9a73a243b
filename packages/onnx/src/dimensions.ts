// Symbolic dimensions. A trace runs with a large prime in place of each; a size that the prime divides depends on the symbol.
import { OnnxError } from './errors.ts';

export interface Dimension {
  readonly name: string;
  readonly prime: number;
}

/** A size as a product of symbols and a number: `samples · 197`. */
export interface Factors {
  readonly constant: number;
  /** One entry per factor, so that a square has two. */
  readonly symbols: readonly Dimension[];
}

const isPrime = (n: number): boolean => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
};

/** Sizes of this order do not occur as divisors of usual layer widths. */
const FIRST_PRIME = 1009;

export class Dimensions {
  readonly all: readonly Dimension[];

  /**
   * @param names of the symbols
   * @param sizes fixed sizes that occur in the traced function; no prime divides any of them
   * @param below all primes
   */
  constructor(names: Iterable<string>, sizes: readonly number[], below = FIRST_PRIME - 1) {
    let candidate = below;
    this.all = [...new Set(names)].map((name) => {
      if (!/^[A-Za-z_]\w*$/.test(name))
        throw new OnnxError('onnx/arguments', `dimension: expected a name such as 'batch', got '${name}'. Rename it.`);
      do candidate++;
      while (!isPrime(candidate) || sizes.some((size) => size !== 0 && size % candidate === 0));
      return { name, prime: candidate };
    });
  }

  /** A declared shape with primes in place of names. */
  resolve(shape: readonly (number | string)[]): number[] {
    return shape.map((size) =>
      typeof size === 'number' ? size : (this.all.find(({ name }) => name === size) as Dimension).prime,
    );
  }

  factor(size: number): Factors {
    let constant = size;
    const symbols: Dimension[] = [];
    if (size !== 0)
      for (const dimension of this.all)
        while (constant % dimension.prime === 0) {
          constant /= dimension.prime;
          symbols.push(dimension);
        }
    return { constant, symbols };
  }

  isSymbolic = (size: number): boolean => size !== 0 && this.all.some(({ prime }) => size % prime === 0);

  /** A size as ONNX files write it: a number, or a name such as `samples_x_197`. */
  label(size: number): number | string {
    const { constant, symbols } = this.factor(size);
    if (symbols.length === 0) return size;
    return [...symbols.map(({ name }) => name), ...(constant === 1 ? [] : [constant])].join('_x_');
  }
}
