// The bytes of a file on a server, in order, whatever happens to the connection.
import { FormatError, WeightsError } from '../errors.ts';
import { chunksOf } from './chunks.ts';
import { HttpError, withoutQuery } from './errors.ts';
import { contentRange, rangeHeader } from './ranges.ts';
import { type HttpOptions, request } from './request.ts';
import { delayBefore, wait as waitReally } from './retry.ts';

export interface DownloadOptions extends HttpOptions {
  /** Bytes that are here already. */
  readonly from?: number;
}

const isOutOfRange = (error: unknown): boolean => error instanceof HttpError && error.status === 416;

/** Asks for the rest of a file and tells where the answer begins. */
async function rest(url: string, at: number, size: number, options: HttpOptions) {
  const headers = at === 0 ? { 'accept-encoding': 'identity' } : rangeHeader(at);
  const response = await request(url, { ...options, headers, accept: [200, 206] });
  if (response.status === 200) return { response, first: 0 };
  const { first, total } = contentRange(response, url);
  if (first !== at || total !== size) {
    await response.body?.cancel();
    throw new FormatError(withoutQuery(url), `bytes from ${at} of ${size}`, `bytes from ${first} of ${total}`);
  }
  return { response, first };
}

/**
 * Yields exactly the bytes from `from` to `size`, each once. After a break the rest is asked for.
 *
 * A server that does not know ranges is read from the start and the bytes at hand are skipped; so is one that says that there
 * is nothing more. The bytes themselves are not checked: whoever stores them must.
 *
 * @throws {FormatError} if the file is longer or, again and again, shorter than `size`
 */
export async function* download(
  url: string,
  size: number,
  { from = 0, ...options }: DownloadOptions = {},
): AsyncGenerator<Uint8Array> {
  const { wait = waitReally, signal } = options;
  let at = from;
  let wholly = false;
  for (let failures = 0; ; ) {
    const before = at;
    let cause: unknown;
    try {
      const { response, first } = await rest(url, wholly ? 0 : at, size, options);
      let position = first;
      for await (const chunk of chunksOf(response, options.silence)) {
        const known = Math.min(chunk.length, Math.max(0, at - position));
        position += chunk.length;
        if (position > size) throw new FormatError(withoutQuery(url), `${size} bytes`, 'more');
        at = Math.max(at, position);
        if (known < chunk.length) yield chunk.subarray(known);
      }
      cause = new Error(`the end of the file after ${position} of ${size} bytes`);
    } catch (error) {
      if (signal?.aborted) throw error;
      if (isOutOfRange(error) && !wholly) wholly = true;
      else if (error instanceof WeightsError) throw error;
      cause = error;
    }
    if (at === size) return;
    failures = at > before ? 1 : failures + 1;
    await wait(delayBefore(failures, cause, url), signal);
  }
}
