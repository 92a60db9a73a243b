// Requests that never give a token away.
import { HttpError, NetworkError } from './errors.ts';
import { delayBefore, type Wait, wait as waitReally } from './retry.ts';
import { orSilence } from './silence.ts';

export interface HttpOptions {
  /** Sent to the host that is asked first, and to no other. */
  readonly token?: string;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  readonly wait?: Wait;
  /** Milliseconds without a byte after which a connection counts as broken; 60,000 if not given. */
  readonly silence?: number;
}

const MAXIMUM_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a redirect leads; only to the web. */
function target(response: Response, url: string): URL {
  const location = response.headers.get('location');
  const next = location === null ? undefined : new URL(location, url);
  if (!next || !/^https?:$/.test(next.protocol)) throw new HttpError(url, response.status, 'a redirect to an address');
  return next;
}

/** One GET. With a token, redirects are followed by hand: it stays behind at the first step to another origin. */
async function get(url: string, headers: Readonly<Record<string, string>>, options: HttpOptions): Promise<Response> {
  const { fetch: run = fetch, silence } = options;
  const control = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, control.signal]) : control.signal;
  const ask = (at: string, init: RequestInit) =>
    orSilence(run(at, { ...init, signal }), silence, (error) => control.abort(error));
  let { token } = options;
  let at = url;
  for (let redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects++) {
    if (token === undefined) return ask(at, { headers });
    const authorized = { ...headers, authorization: `Bearer ${token}` };
    const response = await ask(at, { headers: authorized, redirect: 'manual' });
    // A browser hides where a redirect leads, and withholds the token from other origins itself.
    if (response.type === 'opaqueredirect') return ask(at, { headers: authorized });
    if (!REDIRECTS.has(response.status)) return response;
    await response.body?.cancel();
    const next = target(response, at);
    if (next.origin !== new URL(at).origin) token = undefined;
    at = next.href;
  }
  throw new NetworkError(url, `more than ${MAXIMUM_REDIRECTS} redirects`);
}

/**
 * A GET that succeeds with one of the statuses wanted, tried again after passing faults.
 *
 * @throws {HttpError} for any other status
 * @throws {NetworkError} if the server cannot be reached
 */
export async function request(
  url: string,
  options: HttpOptions & {
    readonly headers?: Readonly<Record<string, string>>;
    readonly accept?: readonly number[];
  } = {},
): Promise<Response> {
  const { headers = {}, accept = [200], wait = waitReally, signal } = options;
  for (let failures = 1; ; failures++) {
    const outcome = await get(url, headers, options).catch((error: unknown) => {
      if (signal?.aborted || error instanceof HttpError || error instanceof NetworkError) throw error;
      return error;
    });
    if (outcome instanceof Response) {
      if (accept.includes(outcome.status)) return outcome;
      await outcome.body?.cancel();
    }
    await wait(delayBefore(failures, outcome, url), signal);
  }
}
