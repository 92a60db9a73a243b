// A file on a server, read in parts by range requests.
import { FormatError, WeightsError } from '../errors.ts';
import { readExactly } from '../http/body.ts';
import { checkedUrl, redactedUrl } from '../http/errors.ts';
import { contentRange, type HttpOptions, rangeHeader, requestBody } from '../http/request.ts';
import { type ByteSource, checkRange } from './byte-source.ts';

/** Headers and directories are read in small steps; each request fetches at least this many bytes. */
const READ_AHEAD = 128 * 1024;

interface Part {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Size of the whole file. */
  readonly total: number;
  /** The server's name of this version of the file. */
  readonly version: string | null;
}

const fetchPart = (url: string, first: number, last: number, options: HttpOptions): Promise<Part> =>
  requestBody(url, { ...options, headers: rangeHeader(first, last), accept: [200, 206] }, async (response) => {
    if (response.status === 200) {
      await response.body?.cancel();
      throw new WeightsError(
        'weights/http',
        `${redactedUrl(url)}: expected a server that supports range requests, got the whole file. Download it first.`,
      );
    }
    const { first: offset, total } = contentRange(response, url);
    if (offset !== first || total <= first)
      throw new Error(`bytes from ${offset} of ${total} instead of from ${first}`);
    const bytes = await readExactly(response, Math.min(last, total - 1) - first + 1, options.idleTimeout);
    const version = response.headers.get('etag') ?? response.headers.get('last-modified');
    return { offset, bytes, total, version };
  });

/**
 * Opens a file on a server that supports range requests.
 *
 * @throws {WeightsError} if there is none, or if the server sends only whole files
 */
export async function urlSource(url: string | URL, options: HttpOptions = {}): Promise<ByteSource> {
  const { href } = checkedUrl(url);
  const name = redactedUrl(href);
  let window = await fetchPart(href, 0, READ_AHEAD - 1, options);
  const { total: size, version } = window;
  return {
    name,
    size,
    async read(offset, length) {
      checkRange({ name, size }, offset, length);
      const holds = offset >= window.offset && offset + length <= window.offset + window.bytes.length;
      if (!holds) {
        const last = Math.min(size, offset + Math.max(length, READ_AHEAD)) - 1;
        const part = await fetchPart(href, offset, last, options);
        if (part.total !== size || part.version !== version)
          throw new FormatError(name, 'the file that was opened', 'one that has changed since');
        // A large part belongs to the caller alone: keeping it as well would double the memory.
        if (length > READ_AHEAD) return part.bytes;
        window = part;
      }
      return window.bytes.subarray(offset - window.offset, offset - window.offset + length);
    },
    async close() {},
  };
}
