// A file on a server: read in parts by range requests, or fetched as a whole.
import { FormatError, WeightsError } from '../errors.ts';
import { chunksOf, readExactly } from '../http/body.ts';
import { checkedUrl, redactedUrl } from '../http/errors.ts';
import { contentRange, type HttpOptions, rangeHeader, requestBody, type TransferOptions } from '../http/request.ts';
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

/** The length that the server announces, unless it compresses what it sends. */
function lengthOf({ headers }: Response): number | undefined {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return headers.get('content-encoding') === null && Number.isSafeInteger(length) ? length : undefined;
}

/**
 * Fetches a whole file with one request; a transfer that breaks off is started again. For many tensors of a file this is faster
 * than `urlSource`, which requests parts; a browser may keep a large Blob on disk.
 *
 * @throws {HttpError | NetworkError} if the server does not deliver it
 */
export async function urlBlob(url: string | URL, options: TransferOptions = {}): Promise<Blob> {
  const { signal, idleTimeout, onProgress } = options;
  const { href } = checkedUrl(url);
  const file = redactedUrl(href);
  return requestBody(href, options, async (response) => {
    const total = lengthOf(response);
    const pieces: BlobPart[] = [];
    let loaded = 0;
    for await (const piece of chunksOf(response, idleTimeout)) {
      signal?.throwIfAborted();
      pieces.push(piece as Uint8Array<ArrayBuffer>);
      loaded += piece.length;
      onProgress?.({ file, loaded, total });
    }
    if (total !== undefined && loaded !== total) throw new Error(`the end after ${loaded} of ${total} bytes`);
    return new Blob(pieces, { type: response.headers.get('content-type') ?? '' });
  });
}
