// A model by whatever it is named: an alias, a path, an address, a repository on the model hub, or the bytes themselves.

import { type ByteSource, blobSource, bytesSource } from '@medclipseg/weights';
import { openHubFile, openLocal } from '#platform';
import { BEST, LATEST } from '../checkpoints/names.ts';
import { CheckpointError } from '../errors.ts';
import { openAddress } from '../platform/address.ts';
import { isHubError, type Place, type PlaceOptions } from '../platform/place.ts';

/**
 * `mini`; in Node a path of a file or folder; in a browser a relative address that begins with `/` or `.`; an address; `owner/name` on the
 * model hub, with or without `/file`; or what a file holds.
 */
export type ModelSource = string | URL | Blob | Uint8Array;

/** The model that ships as a package of its own, and the name it is asked for by. */
const SHIPPED = 'mini';

/** What a repository's weights may be called, where the file is not named. */
const IN_REPOSITORIES = [BEST, 'model.safetensors', LATEST];

async function shippedModel(): Promise<URL> {
  const { weights } = await import('@medclipseg/mini').catch((cause) => {
    throw new CheckpointError(
      SHIPPED,
      'the package @medclipseg/mini',
      'none',
      'Install it: npm install @medclipseg/mini.',
      { cause },
    );
  });
  return weights;
}

/** `owner/name` or `owner/name/file`; a weight file in a folder is no repository. */
function repositoryOf(name: string): { repo: string; path?: string } | undefined {
  const [, repo, path] = /^(\w[\w.-]*\/[\w.-]+)(?:\/(.+))?$/.exec(name) ?? [];
  if (repo === undefined || (path === undefined && /\.(safetensors|pth|pt)$/.test(repo))) return undefined;
  return { repo, path };
}

async function openRepository(name: string, options: PlaceOptions): Promise<Place | undefined> {
  const repository = repositoryOf(name);
  if (!repository) return undefined;
  const { repo, path } = repository;
  const candidates = path === undefined ? IN_REPOSITORIES : [path];
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      return await openHubFile(repo, candidate, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      failure ??= error;
      // A repository without such a file, or one that is not there; anything else would only fail again.
      if (!isHubError(error)) break;
    }
  }
  throw new CheckpointError(
    name,
    `a path that exists, or on the model hub ${candidates.join(' or ')} in ${repo}`,
    failure instanceof Error ? `neither (${failure.message})` : 'neither',
    'Check the name.',
    { cause: failure },
  );
}

const anonymous = (source: ByteSource): Place => ({ name: source.name, source, beside: async () => undefined });

async function find(source: ModelSource, options: PlaceOptions): Promise<Place> {
  if (source instanceof Uint8Array) return anonymous(bytesSource(source));
  if (source instanceof Blob) return anonymous(blobSource(source));
  if (source === SHIPPED) return { ...(await find(await shippedModel(), options)), origin: SHIPPED };
  const address = source instanceof URL || /^(https?|blob|data|file):/.test(source) ? new URL(source) : undefined;
  if (address && address.protocol !== 'file:') return openAddress(address, options);
  const found = (await openLocal(address ?? source, options)) ?? (await openRepository(`${source}`, options));
  if (found) return found;
  throw new CheckpointError(
    `${source}`,
    'a checkpoint or a folder with one',
    'nothing',
    'Check the path, or train a model first.',
  );
}

/** Reports what is read as progress, unless the file had to come over the network, which was reported already. */
function watched({ source, ...place }: Place, { signal, onProgress }: PlaceOptions, arrived: boolean): Place {
  let loaded = 0;
  const read: ByteSource['read'] = async (offset, length) => {
    signal?.throwIfAborted();
    const bytes = await source.read(offset, length);
    loaded = Math.min(source.size, loaded + length);
    if (!arrived) onProgress?.({ loaded, total: source.size, file: place.name });
    return bytes;
  };
  return { ...place, source: { name: source.name, size: source.size, read, close: () => source.close() } };
}

/** Finds a model's file. The caller closes its source. */
export async function locate(source: ModelSource, options: PlaceOptions = {}): Promise<Place> {
  options.signal?.throwIfAborted();
  let arrived = false;
  const place = await find(source, {
    ...options,
    onProgress: (progress) => {
      arrived = true;
      options.onProgress?.(progress);
    },
  });
  return watched(place, options, arrived);
}
