// The errors of this package, and the checks that throw them; `tag` names the kind and survives duplicate installs.
import type * as tf from '@tensorflow/tfjs-core';

/** Base of every error thrown by `@medclipseg/losses`. */
export class LossError extends Error {
  override readonly name: string = 'LossError';
  constructor(
    readonly tag: `losses/${string}`,
    readonly subject: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super(`${subject}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

/** True for errors of this package, and of kind `tag` where one is given. */
export const isLossError = (error: unknown, tag?: LossError['tag']): error is LossError =>
  error instanceof Error &&
  'tag' in error &&
  (tag === undefined ? String(error.tag).startsWith('losses/') : error.tag === tag);

/** A tensor has another shape than the loss is defined for. */
export class LossShapeError extends LossError {
  override readonly name = 'LossShapeError';
  constructor(subject: string, expected: string, actual: readonly number[]) {
    super('losses/shape', subject, expected, `[${actual}]`, 'Reshape or resize it first.');
  }
}

/** An option that does not exist or has a value out of its range. */
export class LossOptionError extends LossError {
  override readonly name = 'LossOptionError';
  constructor(subject: string, expected: string, actual: unknown) {
    super(
      'losses/option',
      subject,
      expected,
      typeof actual === 'string' ? `'${actual}'` : `${actual}`,
      'Change this option.',
    );
  }
}

export function expectRank(subject: string, { shape }: tf.Tensor, axes: readonly string[]): void {
  if (shape.length !== axes.length || shape.includes(0))
    throw new LossShapeError(subject, `[${axes.join(', ')}]`, shape);
}

export function expectSameShape(subject: string, expected: readonly number[], actual: readonly number[]): void {
  if (`${expected}` !== `${actual}`) throw new LossShapeError(subject, `[${expected}]`, actual);
}

/** Checks that `value` is one of a few names. */
export function expectOneOf(subject: string, value: unknown, names: readonly string[]): void {
  if (!names.includes(value as string)) throw new LossOptionError(subject, names.join(' or '), value);
}

/** Rejects misspelled options, which would otherwise have no effect. */
export function expectKnown(subject: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) expectOneOf(`${subject} options`, name, names);
}
