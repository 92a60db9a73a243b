// The errors of this package, and the checks that throw them; `tag` names the kind and survives duplicate installs.
import type * as tf from '@tensorflow/tfjs-core';

/** Every error thrown by `@medclipseg/pvl-attention`: a tensor of the wrong shape, or an option out of its range. */
export class PvlAttentionError extends Error {
  override readonly name = 'PvlAttentionError';
  constructor(
    readonly tag: 'pvl-attention/shape' | 'pvl-attention/option',
    readonly subject: string,
    expected: string,
    actual: unknown,
    remedy: string,
  ) {
    super(`${subject}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

/** True for errors of this package, and of kind `tag` where one is given. */
export const isPvlAttentionError = (error: unknown, tag?: PvlAttentionError['tag']): error is PvlAttentionError =>
  error instanceof Error &&
  'tag' in error &&
  (tag === undefined ? String(error.tag).startsWith('pvl-attention/') : error.tag === tag);

/** Checks a shape; a name matches any length but 0, as in `['B', 3]`. */
export function expectShape(subject: string, { shape }: tf.Tensor, axes: readonly (number | string)[]): void {
  const fits = (axis: number | string, i: number) =>
    typeof axis === 'string' ? (shape[i] ?? 0) > 0 : axis === shape[i];
  if (shape.length === axes.length && axes.every(fits)) return;
  throw new PvlAttentionError(
    'pvl-attention/shape',
    subject,
    `[${axes.join(', ')}]`,
    `[${shape}]`,
    "Check the tokens' shapes and the parameters' widths.",
  );
}

const optionError = (subject: string, expected: string, actual: unknown) =>
  new PvlAttentionError('pvl-attention/option', subject, expected, actual, 'Change this option.');

/** Checks that an option is a whole number of at least `least`. */
export function expectCount(subject: string, value: number, least = 1): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw optionError(subject, `a whole number of at least ${least}`, value);
}

/** Checks that an option is a finite number, and at least `least` where that is given. */
export function expectNumber(subject: string, value: number, least?: number): void {
  if (!Number.isFinite(value) || value < (least ?? value))
    throw optionError(subject, least === undefined ? 'a finite number' : `a number of at least ${least}`, value);
}

/** Checks that an option is one of a few names. */
export function expectOneOf(subject: string, value: unknown, names: readonly string[]): void {
  if (!names.includes(value as string)) throw optionError(subject, names.join(', '), `'${value}'`);
}
