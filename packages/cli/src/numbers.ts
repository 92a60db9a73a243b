// Whole numbers of the command line.
import { UsageError } from './errors.ts';

/** Reads a whole number, or says what was expected. */
export function wholeNumber(flag: string, text: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new UsageError(flag, `a whole number ${range}`, `'${text}'`, 'Correct the number.');
}
