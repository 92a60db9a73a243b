// Which requests are worth repeating, and how long to wait before.
import { HttpError, NetworkError } from './errors.ts';

/** Waits a number of milliseconds; rejects when canceled. */
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

/** Consecutive failures without progress after which to give up. */
export const MAXIMUM_FAILURES = 5;

const FIRST_DELAY = 500;
/** The longest `Retry-After` that is honored. */
const LONGEST_DELAY = 300_000;

const isTemporary = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** Milliseconds requested by `Retry-After`: seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

const UNKNOWN_HOST = 'Check the host name and the connection.';
const BAD_CERTIFICATE =
  "Check the server's certificate and this machine's clock; Node takes further authorities from NODE_EXTRA_CA_CERTS.";

/** What to do about an error of a connection that would only repeat itself; undefined if it may pass. Codes are those of Node. */
function remedyForPermanent(code: string): string | undefined {
  if (code === 'ENOTFOUND') return UNKNOWN_HOST;
  if (/CERT|^ERR_TLS_|^UNABLE_TO_/.test(code)) return BAD_CERTIFICATE;
  if (/^ERR_SSL_|^EPROTO$/.test(code)) return 'Check whether the address begins with http or https.';
  return undefined;
}

/** The error at the root of a failed `fetch`, whose own message is only "fetch failed". */
const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error;

const codeOf = (error: unknown): string => `${(error as { code?: unknown } | null)?.code ?? ''}`;

/** A message of a lower layer, which may be empty (several addresses of one host that all failed). */
const reasonOf = (error: unknown): string =>
  (error instanceof Error && (error.message || codeOf(error) || error.name)) || 'an unknown error';

/**
 * Milliseconds to wait before the next attempt.
 *
 * @param failures consecutive ones, including this one
 * @param cause an unsuccessful response, or the error thrown
 * @throws {HttpError | NetworkError} if another attempt is pointless
 */
export function delayBefore(failures: number, cause: unknown, url: string): number {
  const backoff = FIRST_DELAY * 2 ** (failures - 1);
  if (cause instanceof Response) {
    const delay = retryAfter(cause) ?? backoff;
    if (!isTemporary(cause.status) || failures >= MAXIMUM_FAILURES || delay > LONGEST_DELAY)
      throw new HttpError(url, cause.status);
    return delay;
  }
  const root = rootOf(cause);
  const remedy = remedyForPermanent(codeOf(root));
  if (remedy !== undefined) throw new NetworkError(url, `'${reasonOf(root)}'`, remedy, { cause });
  if (failures >= MAXIMUM_FAILURES) {
    const actual = `${failures} failures in a row, the last one '${reasonOf(root)}'`;
    throw new NetworkError(url, actual, undefined, { cause });
  }
  return backoff;
}
