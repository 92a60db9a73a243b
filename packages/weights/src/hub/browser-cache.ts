// Files of the hub in the Cache API of a browser.
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { download } from '../http/download.ts';
import { NetworkError } from '../http/errors.ts';
import { checkAddress, checkRepository, fileUrl, HubError, type HubFile, type HubRepository } from './address.ts';
import {
  checkHash,
  describe,
  type FileDescription,
  type HubEntry,
  type HubListing,
  type HubOptions,
  listing,
  listOnHub,
} from './describe.ts';

const CACHE = 'medclipseg-hub';

/** Incremental hashes: those of Web Crypto need the whole content in memory. */
const digestOf = ({ kind, size }: FileDescription) =>
  kind === 'sha256' ? sha256.create() : sha1.create().update(new TextEncoder().encode(`blob ${size}\0`));

/** The bytes of a file as they arrive. The stream fails at its end if the hash is wrong, and then the cache keeps nothing. */
async function* verified(
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
    options.onProgress?.({ file: path, loaded, total: size });
    yield chunk;
  }
  checkHash(description, bytesToHex(digest.digest()));
}

/** Stores bytes as they arrive; throws the error of the download rather than the cache's version of it. */
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

const DESCRIPTION = '?description';

/** The description that the hub gave last, which is stored next to the content. */
async function recall(
  cache: Cache,
  file: Required<HubFile>,
  options: HubOptions,
): Promise<FileDescription | undefined> {
  const known = await cache.match(fileUrl(file, options.endpoint) + DESCRIPTION);
  return known?.json();
}

async function describeOrRecall(cache: Cache, file: Required<HubFile>, options: HubOptions): Promise<FileDescription> {
  if (options.offline) {
    const known = await recall(cache, file, options);
    if (known) return known;
    throw notInCache(`${file.repo}/${file.path}`, 'a file');
  }
  try {
    const description = await describe(file, options);
    await cache.put(fileUrl(file, options.endpoint) + DESCRIPTION, Response.json(description));
    return description;
  } catch (error) {
    const known = error instanceof NetworkError ? await recall(cache, file, options) : undefined;
    if (!known) throw error;
    return known;
  }
}

const notInCache = (subject: string, what: string): HubError =>
  new HubError(
    subject,
    `${what} in the cache of this page`,
    'none, and only local files are allowed',
    'Allow the network and download the file once.',
  );

function openCache(repo: string): Promise<Cache> {
  if (typeof caches === 'undefined')
    throw new HubError(repo, 'a cache for files', 'none', 'Open the page over https or from localhost.');
  return caches.open(CACHE);
}

/**
 * A file of the hub, which is downloaded unless it is in the cache of the browser. If the hub is unreachable, or with `offline`,
 * the version downloaded last is used.
 *
 * The Blob is backed by the disk: reading one tensor from it does not load the others.
 *
 * @throws {HubError} if the content has another hash than the hub promised, in which case nothing is kept
 * @throws {HttpError | NetworkError} if the hub does not deliver it
 */
export async function hubBlob(address: HubFile, options: HubOptions = {}): Promise<Blob> {
  const file = checkAddress(address);
  const cache = await openCache(file.repo);
  const description = await describeOrRecall(cache, file, options);
  const key = fileUrl({ ...file, revision: description.commit }, options.endpoint);
  let found = await cache.match(key);
  if (found) options.onProgress?.({ file: file.path, loaded: description.size, total: description.size });
  else if (options.offline) throw notInCache(`${file.repo}/${file.path}`, 'a file');
  else {
    await store(cache, key, verified(file, description, options));
    found = await cache.match(key);
  }
  if (!found)
    throw new HubError(file.path, 'space in the cache of the browser', 'none', 'Free some storage for this page.');
  return found.blob();
}

/** The files of a revision that are in the cache. */
async function listInCache(
  cache: Cache,
  repository: Required<HubRepository>,
  options: HubOptions,
): Promise<HubEntry[]> {
  const [prefix = ''] = fileUrl({ ...repository, path: '*' }, options.endpoint).split('*');
  const files: HubEntry[] = [];
  for (const { url } of await cache.keys()) {
    if (!url.startsWith(prefix) || !url.endsWith(DESCRIPTION)) continue;
    const description: FileDescription | undefined = await (await cache.match(url))?.json();
    if (!description) continue;
    const { commit, path, size } = description;
    const content = fileUrl({ ...repository, revision: commit, path }, options.endpoint);
    if (await cache.match(content)) files.push({ path, size });
  }
  return files;
}

/**
 * The files of a repository, or of a folder in it, with their sizes. If the hub is unreachable, or with `offline`, only files in
 * the cache are listed.
 *
 * @param repository with `path`, only files below this folder are listed
 * @throws {HubError} for malformed names, and if nothing of the repository is in the cache offline
 * @throws {HttpError | NetworkError} if the hub does not answer and the cache holds nothing
 */
export async function listHubFiles(
  { path, ...address }: HubRepository & { readonly path?: string },
  options: HubOptions = {},
): Promise<HubListing> {
  const repository = path === undefined ? checkRepository(address) : checkAddress({ ...address, path });
  const fromCache = async () =>
    typeof caches === 'undefined' ? [] : listInCache(await openCache(repository.repo), repository, options);
  if (options.offline) {
    const files = await fromCache();
    if (files.length === 0) throw notInCache(repository.repo, 'files');
    return listing(files, path, 'cache');
  }
  try {
    return listing(await listOnHub(repository, options), path, 'hub');
  } catch (error) {
    const files = error instanceof NetworkError ? await fromCache() : [];
    if (files.length === 0) throw error;
    return listing(files, path, 'cache');
  }
}

/** Removes all versions of a file from the cache of the browser. */
export async function forgetHubBlob(address: HubFile, { endpoint }: Pick<HubOptions, 'endpoint'> = {}): Promise<void> {
  const { revision: _, ...file } = checkAddress(address);
  const [start = '', end = ''] = fileUrl({ ...file, revision: '*' }, endpoint).split('/*/');
  const isVersion = (url: string) =>
    url.startsWith(`${start}/`) &&
    url.endsWith(`/${end}`) &&
    !url.slice(start.length + 1, url.length - end.length - 1).includes('/');
  const cache = await openCache(file.repo);
  for (const { url } of await cache.keys()) if (isVersion(url.replace(DESCRIPTION, ''))) await cache.delete(url);
}
