// Checks of what callers pass to public functions.
import { ArgumentError } from './errors.ts';

/** A value as an error message shows it. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object') return String(value);
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
};

/** @throws {ArgumentError} unless the value is a natural number in [minimum, maximum] */
export function checkCount(
  subject: string,
  value: unknown,
  minimum = 0,
  maximum: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return;
  const range = maximum < Number.MAX_SAFE_INTEGER ? `from ${minimum} to ${maximum}` : `${minimum} or more`;
  throw new ArgumentError(subject, `a natural number, ${range}`, shown(value), 'Correct it.');
}

/** @throws {ArgumentError} unless the value is a finite number in [minimum, maximum] and below `below` */
export function checkFinite(
  subject: string,
  value: unknown,
  {
    minimum = Number.NEGATIVE_INFINITY,
    maximum = Number.POSITIVE_INFINITY,
    below = Number.POSITIVE_INFINITY,
  }: { readonly minimum?: number; readonly maximum?: number; readonly below?: number } = {},
): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= minimum && value <= maximum && value < below)
    return;
  const range = [
    minimum > Number.NEGATIVE_INFINITY ? `, ${minimum} or more` : '',
    maximum < Number.POSITIVE_INFINITY ? `, ${maximum} or less` : '',
    below < Number.POSITIVE_INFINITY ? `, below ${below}` : '',
  ].join('');
  throw new ArgumentError(subject, `a finite number${range}`, shown(value), 'Correct it.');
}

/** @throws {ArgumentError} unless the value is one of those allowed */
export function checkOneOf(subject: string, value: unknown, allowed: readonly (string | number)[]): void {
  if (!allowed.includes(value as string | number))
    throw new ArgumentError(subject, allowed.map(shown).join(' or '), shown(value), 'Choose one of them.');
}

/** @throws {ArgumentError} unless the value is true or false */
export function checkBoolean(subject: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new ArgumentError(subject, 'true or false', shown(value), 'Correct it.');
}

/** @throws {ArgumentError} unless the value is a function */
export function checkFunction(subject: string, value: unknown): void {
  if (typeof value !== 'function') throw new ArgumentError(subject, 'a function', shown(value), 'Correct it.');
}

/** @throws {ArgumentError} if an options object has a key that nothing reads */
export function checkKnownKeys(subject: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0)
    throw new ArgumentError(
      subject,
      `only ${known.join(', ')}`,
      `the unknown option ${unknown.join(', ')}`,
      'Check the spelling.',
    );
}
