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

/** Checks the rank and the given lengths of a tensor; `undefined` stands for any length. */
export function expectShape(
  subject: string,
  { shape }: tf.Tensor,
  axes: readonly string[],
  lengths: readonly (number | undefined)[] = [],
): void {
  const fits =
    shape.length === axes.length && shape.every((length, i) => length > 0 && length === (lengths[i] ?? length));
  if (fits) return;
  const expected = axes.map((axis, i) => lengths[i] ?? axis).join(', ');
  throw new PvlAttentionError(
    'pvl-attention/shape',
    subject,
    `[${expected}]`,
    `[${shape}]`,
    'Check the shapes of the tokens and the widths of the parameters.',
  );
}

const optionError = (subject: string, expected: string, actual: unknown) =>
  new PvlAttentionError('pvl-attention/option', subject, expected, actual, 'Change this option.');

/** Checks that an option is a whole number of at least `least`. */
export function expectCount(subject: string, value: number, least = 1): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw optionError(subject, `a whole number of at least ${least}`, value);
}

/** Checks that an option is a finite number. */
export function expectFinite(subject: string, value: number): void {
  if (!Number.isFinite(value)) throw optionError(subject, 'a finite number', value);
}

/** Checks the weight of the penalty on uncertain keys. */
export function expectBeta(beta: number): void {
  if (!(Number.isFinite(beta) && beta >= 0)) throw optionError('beta', 'a number of at least 0', beta);
}

/** Checks that an option is one of a few names. */
export function expectOneOf(subject: string, value: unknown, names: readonly string[]): void {
  if (!names.includes(value as string)) throw optionError(subject, names.join(', '), `'${value}'`);
}
