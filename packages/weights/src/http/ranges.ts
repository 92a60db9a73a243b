// Parts of files on servers (RFC 9110, 14).
import { FormatError } from '../errors.ts';
import { withoutQuery } from './errors.ts';

/** The request header for bytes from `first` on, up to and with `last`. */
export const rangeHeader = (first: number, last?: number): Record<string, string> => ({
  range: `bytes=${first}-${last ?? ''}`,
  // Ranges of a packed answer would be of other bytes. Browsers say so by themselves.
  'accept-encoding': 'identity',
});

/** What a partial answer says of itself: `bytes 0-99/1000`. */
export function contentRange(response: Response, url: string): { first: number; last: number; total: number } {
  const value = response.headers.get('content-range') ?? 'none';
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(value) ?? [];
  if (first === undefined) throw new FormatError(withoutQuery(url), 'the range and size of a part', value);
  return { first: Number(first), last: Number(last), total: Number(total) };
}
