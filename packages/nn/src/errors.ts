// The errors of this package, and the checks that throw them; `tag` names the kind and survives duplicate installs.
import type * as tf from '@tensorflow/tfjs-core';

/** Base of every error thrown by `@medclipseg/nn`. */
export class NnError extends Error {
  override readonly name: string = 'NnError';
  constructor(
    readonly tag: `nn/${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** True for errors of this package, and of kind `tag` where one is given. */
export const isNnError = (error: unknown, tag?: NnError['tag']): error is NnError =>
  error instanceof Error &&
  'tag' in error &&
  (tag === undefined ? String(error.tag).startsWith('nn/') : error.tag === tag);

/** A tensor or parameter has another shape than the operation needs. */
export class ShapeError extends NnError {
  override readonly name = 'ShapeError';
  constructor(
    readonly subject: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super('nn/shape', `${subject}: expected ${expected}, got ${actual}. Check the shapes of its inputs.`);
  }
}

/** An option or number out of its range. */
export class OptionError extends NnError {
  override readonly name = 'OptionError';
  constructor(
    readonly subject: string,
    readonly expected: string,
    readonly actual: unknown,
  ) {
    super('nn/option', `${subject}: expected ${expected}, got ${actual}. Change this option.`);
  }
}

/** Parameters that do not fit the structure they are loaded into. */
export class ParameterError extends NnError {
  override readonly name = 'ParameterError';
  constructor(message: string) {
    super('nn/parameters', message);
  }
}

/** Checks a shape; a name matches any length, as in `['N', 3]`. */
export function expectShape(subject: string, { shape }: tf.Tensor, axes: readonly (number | string)[]): void {
  if (shape.length === axes.length && axes.every((axis, i) => typeof axis === 'string' || axis === shape[i])) return;
  throw new ShapeError(subject, `[${axes.join(', ')}]`, `[${shape}]`);
}

/** Checks that an option is a whole number of at least 1. */
export function expectCount(subject: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new OptionError(subject, 'a whole number of at least 1', value);
}

/** Checks that an option is a finite number, and greater than `above` where that is given. */
export function expectNumber(subject: string, value: number, above?: number): void {
  if (!Number.isFinite(value) || (above !== undefined && value <= above))
    throw new OptionError(subject, above === undefined ? 'a finite number' : `a number above ${above}`, value);
}

/** Checks that an option is a number from 0 to below 1. */
export function expectFraction(subject: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new OptionError(subject, 'a number from 0 to below 1', value);
}
