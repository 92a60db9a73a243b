// Requests that are repeated after temporary faults and send a token only to the host it is for.
import { FormatError, WeightsError } from '../errors.ts';
import { withTimeout } from './body.ts';
import { checkedUrl, HttpError, NetworkError, redactedUrl } from './errors.ts';
import { delayBefore, type Wait, wait as waitReally } from './retry.ts';

export interface HttpOptions {
  /** Sent to the host of the address only, never to one that it redirects to. */
  readonly token?: string;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  readonly wait?: Wait;
  /** Milliseconds without a byte after which a connection counts as broken; 60,000 by default. */
  readonly idleTimeout?: number;
}

/** How much of a file has arrived or been read. */
export interface Progress {
  /** Its name or path. */
  readonly file: string;
  /** Bytes so far, including those of earlier attempts. */
  readonly loaded: number;
  /** Bytes in all; missing if the server does not report it. */
  readonly total?: number;
}

export interface TransferOptions extends HttpOptions {
  /** Called after every piece, and once if the file is already there. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface RequestOptions extends HttpOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses of success; 200 by default. */
  readonly accept?: readonly number[];
}

const MAXIMUM_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The target of a redirect, which must be on the web. */
function redirectTarget(response: Response, url: string): URL {
  const location = response.headers.get('location') ?? '';
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
  if (!target || location === '' || !/^https?:$/.test(target.protocol) || target.username || target.password)
    throw new HttpError(url, response.status, 'a redirect to an address');
  return target;
}

/** One GET. With a token, redirects are followed here, so that the token is dropped at the first step to another origin. */
async function get(url: string, headers: Readonly<Record<string, string>>, options: HttpOptions): Promise<Response> {
  const { fetch: run = fetch, idleTimeout } = options;
  const control = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, control.signal]) : control.signal;
  const send = (at: string, init: RequestInit) =>
    withTimeout(run(at, { ...init, signal }), idleTimeout, (error) => control.abort(error));
  let { token } = options;
  let at = url;
  for (let redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects++) {
    if (token === undefined) return send(at, { headers });
    const authorized = { ...headers, authorization: `Bearer ${token}` };
    const response = await send(at, { headers: authorized, redirect: 'manual' });
    // Browsers hide the target of a redirect, and withhold the token from other origins themselves.
    if (response.type === 'opaqueredirect') return send(at, { headers: authorized });
    if (!REDIRECTS.has(response.status)) return response;
    await response.body?.cancel();
    const target = redirectTarget(response, at);
    if (target.origin !== new URL(at).origin) token = undefined;
    at = target.href;
  }
  throw new NetworkError(url, `more than ${MAXIMUM_REDIRECTS} redirects`, 'Check the address and HF_ENDPOINT.');
}

/**
 * A GET that succeeds with one of the accepted statuses, repeated after temporary faults.
 *
 * @throws {HttpError} for any other status
 * @throws {NetworkError} if the server cannot be reached
 */
export async function request(url: string, options: RequestOptions = {}): Promise<Response> {
  const { headers = {}, accept = [200], wait = waitReally, signal } = options;
  checkedUrl(url);
  for (let failures = 1; ; failures++) {
    const outcome = await get(url, headers, options).catch((error: unknown) => {
      if (signal?.aborted || error instanceof WeightsError) throw error;
      return error;
    });
    if (outcome instanceof Response) {
      if (accept.includes(outcome.status)) return outcome;
      await outcome.body?.cancel();
    }
    await wait(delayBefore(failures, outcome, url), signal);
  }
}

/** Requests an address and reads the body of the answer; a transfer that breaks off is started again. */
export async function requestBody<T>(
  url: string,
  options: RequestOptions,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { wait = waitReally, signal } = options;
  for (let failures = 1; ; failures++) {
    const response = await request(url, options);
    try {
      return await read(response);
    } catch (error) {
      if (signal?.aborted || error instanceof WeightsError) throw error;
      await wait(delayBefore(failures, error, url), signal);
    }
  }
}

/** The request header for bytes `first` to `last`, both included, or to the end (RFC 9110, 14). */
export const rangeHeader = (first: number, last?: number): Record<string, string> => ({
  range: `bytes=${first}-${last ?? ''}`,
  // Ranges of a compressed answer would count other bytes. Browsers add this by themselves.
  'accept-encoding': 'identity',
});

/** The range that a partial answer declares: `bytes 0-99/1000`. */
export function contentRange(response: Response, url: string): { first: number; last: number; total: number } {
  const value = response.headers.get('content-range') ?? 'none';
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(value) ?? [];
  if (first === undefined) throw new FormatError(redactedUrl(url), 'the range and size of a part', value);
  return { first: Number(first), last: Number(last), total: Number(total) };
}
