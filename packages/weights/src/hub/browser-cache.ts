// Files of the hub in a browser's Cache API.
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { download } from '../http/download.ts';
import { NetworkError } from '../http/errors.ts';
import { checkAddress, fileUrl, HubError, type HubFile } from './address.ts';
import { checkHash, describe, type FileDescription, type HubOptions } from './describe.ts';

const CACHE = 'medclipseg-hub';

/** Web Crypto hashes only what is in memory as a whole; these hash a gigabyte as it passes. */
const digestOf = ({ kind, size }: FileDescription) =>
  kind === 'sha256' ? sha256.create() : sha1.create().update(new TextEncoder().encode(`blob ${size}\0`));

/** The bytes of a file as they arrive; the stream fails at its end if the hash is wrong, and the cache keeps nothing. */
async function* proven(
  file: Required<HubFile>,
  description: FileDescription,
  options: HubOptions,
): AsyncGenerator<Uint8Array> {
  const { path, size, commit } = description;
  const digest = digestOf(description);
  let loaded = 0;
  for await (const chunk of download(fileUrl({ ...file, revision: commit }, options.endpoint), size, options)) {
    digest.update(chunk);
    loaded += chunk.length;
    options.onProgress?.({ path, loaded, total: size });
    yield chunk;
  }
  checkHash(description, bytesToHex(digest.digest()));
}

/** Stores bytes as they come; the error is theirs, not the cache's rendering of it. */
async function store(cache: Cache, key: string, bytes: AsyncGenerator<Uint8Array>): Promise<void> {
  let failure: unknown;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await bytes.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        failure = error;
        controller.error(error);
      }
    },
    cancel: async () => void (await bytes.return(undefined)),
  });
  await cache.put(key, new Response(body)).catch((error) => {
    throw failure ?? error;
  });
}

/** What the hub said last, where it cannot be asked now. */
async function describeOrRecall(cache: Cache, file: Required<HubFile>, options: HubOptions): Promise<FileDescription> {
  const key = `${fileUrl(file, options.endpoint)}?description`;
  try {
    const description = await describe(file, options);
    await cache.put(key, Response.json(description));
    return description;
  } catch (error) {
    const known = error instanceof NetworkError ? await cache.match(key) : undefined;
    if (!known) throw error;
    return known.json();
  }
}

/**
 * A file of the hub, from the browser's cache if it is there, otherwise downloaded into it. Without a connection the last
 * version that came is taken.
 *
 * The Blob is backed by the disk: reading a tensor from it does not load the others.
 *
 * @throws {HubError} if the file is not what the hub says, in which case nothing is kept
 * @throws {HttpError | NetworkError} if it cannot be had
 */
export async function hubBlob(address: HubFile, options: HubOptions = {}): Promise<Blob> {
  const file = checkAddress(address);
  if (typeof caches === 'undefined')
    throw new HubError(file.repo, 'a cache for files', 'none', 'Open the page over https or from localhost.');
  const cache = await caches.open(CACHE);
  const description = await describeOrRecall(cache, file, options);
  const key = fileUrl({ ...file, revision: description.commit }, options.endpoint);
  let found = await cache.match(key);
  if (!found) {
    await store(cache, key, proven(file, description, options));
    found = await cache.match(key);
  } else options.onProgress?.({ path: file.path, loaded: description.size, total: description.size });
  if (!found) throw new HubError(file.path, 'room in the browser’s cache', 'none', 'Free some storage for this page.');
  return found.blob();
}

/** Takes a file, in whatever versions it came, out of the browser's cache. */
export async function forgetHubBlob(address: HubFile, { endpoint }: Pick<HubOptions, 'endpoint'> = {}): Promise<void> {
  const { revision: _, ...file } = checkAddress(address);
  const [before = '', behind = ''] = fileUrl({ ...file, revision: '*' }, endpoint).split('/*/');
  const isVersion = (url: string) =>
    url.startsWith(`${before}/`) &&
    url.endsWith(`/${behind}`) &&
    !url.slice(before.length + 1, url.length - behind.length - 1).includes('/');
  const cache = await caches.open(CACHE);
  for (const { url } of await cache.keys()) if (isVersion(url.replace(/\?description$/, ''))) await cache.delete(url);
}
