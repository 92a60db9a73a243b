// The bytes of a file on a server, in order, across broken connections.
import { FormatError, WeightsError } from '../errors.ts';
import { chunksOf } from './body.ts';
import { HttpError, redactedUrl } from './errors.ts';
import { contentRange, type HttpOptions, rangeHeader, request } from './request.ts';
import { delayBefore, wait as waitReally } from './retry.ts';

export interface DownloadOptions extends HttpOptions {
  /** Bytes that have arrived already. */
  readonly from?: number;
}

const isOutOfRange = (error: unknown): boolean => error instanceof HttpError && error.status === 416;

/** Requests the rest of a file; `first` is the position at which the answer begins. */
async function requestRest(url: string, at: number, size: number, options: HttpOptions) {
  const headers = at === 0 ? { 'accept-encoding': 'identity' } : rangeHeader(at);
  const response = await request(url, { ...options, headers, accept: [200, 206] });
  if (response.status === 200) return { response, first: 0 };
  const { first, total } = contentRange(response, url);
  if (first !== at || total !== size) {
    await response.body?.cancel();
    throw new FormatError(redactedUrl(url), `bytes from ${at} of ${size}`, `bytes from ${first} of ${total}`);
  }
  return { response, first };
}

/**
 * Yields exactly the bytes from `from` to `size`, each once. After a broken transfer the rest is requested.
 *
 * If the server does not support ranges, or claims that nothing is left, the file is read from the start and the known bytes are
 * skipped. The content is not verified: the caller must do that.
 *
 * @throws {FormatError} if the file is longer than `size`
 * @throws {NetworkError} if it is repeatedly shorter
 */
export async function* download(
  url: string,
  size: number,
  { from = 0, ...options }: DownloadOptions = {},
): AsyncGenerator<Uint8Array> {
  const { wait = waitReally, signal } = options;
  let at = from;
  let fromStart = false;
  for (let failures = 0; ; ) {
    const before = at;
    let cause: unknown;
    try {
      const { response, first } = await requestRest(url, fromStart ? 0 : at, size, options);
      let position = first;
      for await (const chunk of chunksOf(response, options.idleTimeout)) {
        const known = Math.min(chunk.length, Math.max(0, at - position));
        position += chunk.length;
        if (position > size) throw new FormatError(redactedUrl(url), `${size} bytes`, 'more');
        at = Math.max(at, position);
        if (known < chunk.length) yield chunk.subarray(known);
      }
      cause = new Error(`the end of the file after ${position} of ${size} bytes`);
    } catch (error) {
      if (signal?.aborted) throw error;
      if (isOutOfRange(error) && !fromStart) fromStart = true;
      else if (error instanceof WeightsError) throw error;
      cause = error;
    }
    if (at === size) return;
    failures = at > before ? 1 : failures + 1;
    await wait(delayBefore(failures, cause, url), signal);
  }
}
