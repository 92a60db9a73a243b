// When to ask a server again, and how long to wait before.
import { HttpError, NetworkError } from './errors.ts';

/** Waits so many milliseconds; rejects when canceled. */
export type Wait = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export const wait: Wait = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });

/** Failures in a row, with nothing gained between them, after which to give up. */
export const MAXIMUM_FAILURES = 5;

const FIRST_DELAY = 500;
/** A server that asks for more patience than this is better asked by a person. */
const LONGEST_DELAY = 300_000;

const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Milliseconds that `Retry-After` asks for: seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

/**
 * How long to wait before trying again.
 *
 * @param failures in a row, this one included
 * @param cause a response that is no success, or what was thrown
 * @throws {HttpError | NetworkError} if there is no point in it
 */
export function delayBefore(failures: number, cause: unknown, url: string): number {
  const backoff = FIRST_DELAY * 2 ** (failures - 1);
  if (cause instanceof Response) {
    const delay = retryAfter(cause) ?? backoff;
    if (!isPassing(cause.status) || failures >= MAXIMUM_FAILURES || delay > LONGEST_DELAY)
      throw new HttpError(url, cause.status);
    return delay;
  }
  if (failures >= MAXIMUM_FAILURES) {
    const reason =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : `${cause}`;
    throw new NetworkError(url, `${failures} failures in a row, the last one '${reason}'`, { cause });
  }
  return backoff;
}
