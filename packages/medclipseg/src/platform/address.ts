// Models on a server.
import { blobSource, HttpError, urlBlob } from '@medclipseg/weights';
import type { Place, PlaceOptions } from './place.ts';

const nameOf = (url: URL): string => url.pathname.slice(url.pathname.lastIndexOf('/') + 1) || url.href;

const isWeb = ({ protocol }: URL): boolean => /^https?:$/.test(protocol);

/** Fetches a file as a whole. */
export async function openAddress(url: URL, { signal, onProgress }: PlaceOptions): Promise<Place> {
  const file = nameOf(url);
  const blob = await urlBlob(url, {
    signal,
    onProgress: onProgress && ((progress) => onProgress({ ...progress, file })),
  });
  // Without the query: addresses of storage servers carry signatures.
  const name = url.protocol === 'data:' ? 'data:' : url.href.replace(/[?#].*$/s, '');
  return {
    name,
    ...(isWeb(url) && { origin: name }),
    source: blobSource(blob, name),
    async beside(other) {
      if (!isWeb(url)) return undefined;
      const found = await urlBlob(new URL(other, url), { signal }).catch((error) => {
        if (error instanceof HttpError && error.status < 500) return undefined;
        throw error;
      });
      // Servers of single-page applications answer with the page where there is no file.
      if (!found || found.type.startsWith('text/html')) return undefined;
      return new Uint8Array(await found.arrayBuffer());
    },
  };
}
