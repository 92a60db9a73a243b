// Checks of what callers pass to public functions.
import { ArgumentError } from './errors.ts';

/** A value as an error message shows it. */
export const shown = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : typeof value === 'object' && value !== null ? 'an object' : String(value);

/** @throws {ArgumentError} unless the value is a natural number, `minimum` or more */
export function checkCount(subject: string, value: unknown, minimum = 0): void {
  if (!Number.isSafeInteger(value) || (value as number) < minimum)
    throw new ArgumentError(subject, `a natural number, ${minimum} or more`, shown(value), 'Correct it.');
}

/** @throws {ArgumentError} unless the value is a finite number in [minimum, below) */
export function checkFinite(
  subject: string,
  value: unknown,
  { minimum = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = {},
): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= minimum && value < below) return;
  const range = [
    minimum > Number.NEGATIVE_INFINITY ? `, ${minimum} or more` : '',
    below < Number.POSITIVE_INFINITY ? `, below ${below}` : '',
  ].join('');
  throw new ArgumentError(subject, `a finite number${range}`, shown(value), 'Correct it.');
}

/** @throws {ArgumentError} if an options object has a key that nothing reads */
export function checkKnownKeys(subject: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0)
    throw new ArgumentError(subject, `the options ${known.join(', ')}`, unknown.join(', '), 'Check the spelling.');
}
