// A file on a server, fetched as a whole.
import { chunksOf } from '../http/chunks.ts';
import { type HttpOptions, request } from '../http/request.ts';
import { delayBefore, wait as waitReally } from '../http/retry.ts';

export interface UrlBlobOptions extends HttpOptions {
  /** Told after every piece; `total` is missing where the server does not say it. */
  readonly onProgress?: (progress: { readonly loaded: number; readonly total?: number }) => void;
}

/** What the server says of the length of what it sends, unless it is packed on the way. */
function lengthOf({ headers }: Response): number | undefined {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return headers.get('content-encoding') === null && Number.isSafeInteger(length) ? length : undefined;
}

/**
 * One request for a whole file; a transfer that breaks off begins again. For many tensors of a file this is faster than `urlSource`,
 * which asks for parts; a browser may keep a large Blob on disk.
 *
 * @throws {HttpError | NetworkError} if it cannot be had
 */
export async function urlBlob(url: string | URL, options: UrlBlobOptions = {}): Promise<Blob> {
  const { wait = waitReally, signal, silence, onProgress } = options;
  const address = new URL(url).href;
  for (let failures = 1; ; failures++) {
    const response = await request(address, options);
    const total = lengthOf(response);
    try {
      const pieces: BlobPart[] = [];
      let loaded = 0;
      for await (const piece of chunksOf(response, silence)) {
        signal?.throwIfAborted();
        pieces.push(piece as Uint8Array<ArrayBuffer>);
        loaded += piece.length;
        onProgress?.({ loaded, total });
      }
      if (total !== undefined && loaded !== total) throw new Error(`the end after ${loaded} of ${total} bytes`);
      return new Blob(pieces, { type: response.headers.get('content-type') ?? '' });
    } catch (error) {
      if (signal?.aborted) throw error;
      await wait(delayBefore(failures, error, address), signal);
    }
  }
}
