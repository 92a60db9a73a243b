// A file on a server, read in pieces by range requests.
import { FormatError, WeightsError } from '../errors.ts';
import { wholeBody } from '../http/chunks.ts';
import { withoutQuery } from '../http/errors.ts';
import { contentRange, rangeHeader } from '../http/ranges.ts';
import { type HttpOptions, request } from '../http/request.ts';
import { delayBefore, wait as waitReally } from '../http/retry.ts';
import { type ByteSource, checkRange } from './byte-source.ts';

/** Headers and directories are read in small steps; each request fetches at least so much. */
const READ_AHEAD = 128 * 1024;

interface Part {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly total: number;
  /** What the server calls this version of it. */
  readonly version: string | null;
}

/** Fetches bytes by range; an answer that breaks off is asked for again. */
async function fetchPart(url: string, first: number, last: number, options: HttpOptions): Promise<Part> {
  const { wait = waitReally, signal } = options;
  for (let failures = 1; ; failures++) {
    const response = await request(url, { ...options, headers: rangeHeader(first, last), accept: [200, 206] });
    if (response.status === 200) {
      await response.body?.cancel();
      throw new WeightsError(
        'weights/http',
        `${withoutQuery(url)}: expected a server that sends parts of files, got the whole file. Download it first.`,
      );
    }
    const { first: begin, total } = contentRange(response, url);
    const version = response.headers.get('etag') ?? response.headers.get('last-modified');
    try {
      if (begin !== first) throw new Error(`bytes from ${begin}`);
      const bytes = await wholeBody(response, Math.min(last, total - 1) - first + 1, options.silence);
      return { offset: first, bytes, total, version };
    } catch (error) {
      if (signal?.aborted) throw error;
      await wait(delayBefore(failures, error, url), signal);
    }
  }
}

/**
 * Opens a file on a server that answers range requests.
 *
 * @throws {WeightsError} if there is none, or if the server only sends whole files
 */
export async function urlSource(url: string | URL, options: HttpOptions = {}): Promise<ByteSource> {
  const address = new URL(url).href;
  const name = withoutQuery(address);
  let window = await fetchPart(address, 0, READ_AHEAD - 1, options);
  const { total: size, version } = window;
  return {
    name,
    size,
    async read(offset, length) {
      checkRange({ name, size }, offset, length);
      const holds = offset >= window.offset && offset + length <= window.offset + window.bytes.length;
      if (!holds) {
        const part = await fetchPart(
          address,
          offset,
          Math.min(size, offset + Math.max(length, READ_AHEAD)) - 1,
          options,
        );
        if (part.total !== size || part.version !== version)
          throw new FormatError(name, 'the file that was opened', 'one that has changed meanwhile');
        // A large part is its reader's alone: keeping it would double the memory.
        if (length > READ_AHEAD) return part.bytes;
        window = part;
      }
      return window.bytes.subarray(offset - window.offset, offset - window.offset + length);
    },
    async close() {},
  };
}
