// One form for everything that makes a file unreadable.
import { DatasetError, ImageError } from '../errors.ts';
import { FormatError } from './bytes.ts';

/**
 * The error of this package for anything that a decoder threw. Messages of libraries and of the engine describe their internals, not the file:
 * they stay in `cause`.
 */
export function refusal(cause: unknown, name: string, expected = 'a whole image'): DatasetError {
  if (cause instanceof DatasetError) return cause;
  if (!(cause instanceof FormatError)) return new ImageError(name, expected, 'bytes that do not decode', { cause });
  const { remedy, windows } = cause;
  return new ImageError(name, cause.expected, cause.actual, { cause, ...(remedy && { remedy }), windows });
}
