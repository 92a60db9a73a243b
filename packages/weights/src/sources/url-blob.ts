// A file on a server, fetched as a whole.
import { chunksOf } from '../http/body.ts';
import { checkedUrl, redactedUrl } from '../http/errors.ts';
import { requestBody, type TransferOptions } from '../http/request.ts';

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
