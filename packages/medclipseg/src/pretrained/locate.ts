// Finds a model by its name: an alias, a path, an address, a model on the hub, or its bytes.
import { type ByteSource, blobSource, bytesSource, closestMatch } from '@medclipseg/weights';
import { listHub, openHubFile, openLocal } from '#platform';
import { CheckpointError } from '../errors.ts';
import { openAddress, type Place, type PlaceOptions } from './place.ts';
import { chooseWeights, modelsIn } from './weight-files.ts';

/**
 * - `mini`;
 * - in Node, the path of a file or folder; in a browser, a relative address that begins with `/` or `.`;
 * - an address;
 * - a model on the hub: `owner/name`, `owner/name/file`, or `owner/name/folder`, such as `TahaKoleilat/MedCLIPSeg/Kvasir`;
 * - the contents of a file.
 */
export type ModelSource = string | URL | Blob | Uint8Array;

export interface LocateOptions extends PlaceOptions {
  /** Called before a file of the model hub is downloaded. @param siblings names of the other files in its folder */
  readonly beforeDownload?: (path: string, siblings: readonly string[]) => Promise<void>;
}

/** Name of the model that is an npm package. */
const SHIPPED = 'mini';

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

/** Splits `owner/name/path`; nothing for other names, such as that of a weight file in a folder. */
function splitHubName(name: string): { readonly repo: string; readonly path?: string } | undefined {
  const [, repo, path] = /^(\w[\w.-]*\/[\w.-]+)(?:\/(.+?))?\/?$/.exec(name) ?? [];
  if (repo === undefined || (path === undefined && /\.(safetensors|pth|pt|bin)$/.test(repo))) return undefined;
  return { repo, path };
}

const MOST_NAMES = 40;

/** The file of a repository that a path means: the file itself, or the model of a folder. */
function pathIn(paths: readonly string[], repo: string, path: string | undefined): string {
  if (path !== undefined && paths.includes(path)) return path;
  const folder = path === undefined ? '' : `${path}/`;
  const chosen = chooseWeights(
    paths.filter((each) => each.startsWith(folder)).map((each) => each.slice(folder.length)),
  );
  if (chosen !== undefined) return folder + chosen;
  const models = modelsIn(paths);
  const meant = path === undefined ? undefined : closestMatch(path, models);
  const [first = 'FILE'] = models;
  throw new CheckpointError(
    path === undefined ? repo : `${repo}/${path}`,
    models.length === 0 ? 'a repository with weights' : `one of the models in ${repo}: ${shortList(models)}`,
    models.length === 0 ? `${paths.length} other files` : path === undefined ? 'none' : `'${path}'`,
    meant === undefined ? `Write for example ${repo}/${first}.` : `Did you mean '${repo}/${meant}'?`,
  );
}

/** A model in a repository of the hub. */
export interface HubModel {
  /** Name for `fromPretrained`: `owner/name/dataset` or `owner/name/file`. */
  readonly name: string;
  /** Its file in the repository. */
  readonly path: string;
}

/**
 * The models in a repository of the hub, from the paths of its files. Downloads nothing.
 *
 * @param path the model of one folder or file only
 * @throws {CheckpointError} naming the models that there are, if none is meant
 */
export function hubModels(repo: string, paths: readonly string[], path?: string): HubModel[] {
  if (path !== undefined) return [{ name: `${repo}/${path}`, path: pathIn(paths, repo, path) }];
  const models = modelsIn(paths);
  if (models.length === 0) pathIn(paths, repo, path);
  return models.map((model) => ({ name: `${repo}/${model}`, path: pathIn(paths, repo, model) }));
}

const shortList = (names: readonly string[]): string =>
  names.length <= MOST_NAMES ? names.join(', ') : `${names.slice(0, MOST_NAMES).join(', ')}, …`;

async function openRepository(name: string, options: LocateOptions): Promise<Place | undefined> {
  const address = splitHubName(name);
  if (!address) return undefined;
  const { repo } = address;
  const paths = await listHub(repo, options).catch((cause) => {
    if (options.signal?.aborted) throw cause;
    throw new CheckpointError(
      name,
      `a path that exists, or a repository ${repo} on the model hub`,
      `neither (${cause instanceof Error ? cause.message : cause})`,
      'Check the name.',
      { cause },
    );
  });
  const path = pathIn(paths, repo, address.path);
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const siblings = paths.filter((each) => each.startsWith(folder)).map((each) => each.slice(folder.length));
  await options.beforeDownload?.(path, siblings);
  return openHubFile(repo, path, paths, options);
}

const anonymous = (source: ByteSource): Place => ({ name: source.name, source, readSibling: async () => undefined });

async function find(source: ModelSource, options: LocateOptions): Promise<Place> {
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

/** Reports what is read as progress, unless the file was downloaded, which was reported already. */
function watched({ source, ...place }: Place, { signal, onProgress }: PlaceOptions, downloaded: boolean): Place {
  let loaded = 0;
  const read: ByteSource['read'] = async (offset, length) => {
    signal?.throwIfAborted();
    const bytes = await source.read(offset, length);
    loaded = Math.min(source.size, loaded + length);
    if (!downloaded) onProgress?.({ loaded, total: source.size, file: place.name });
    return bytes;
  };
  return { ...place, source: { name: source.name, size: source.size, read, close: () => source.close() } };
}

/** Finds the file of a model. The caller closes its source. */
export async function locate(source: ModelSource, options: LocateOptions = {}): Promise<Place> {
  options.signal?.throwIfAborted();
  let downloaded = false;
  const place = await find(source, {
    ...options,
    onProgress: (progress) => {
      downloaded = true;
      options.onProgress?.(progress);
    },
  });
  return watched(place, options, downloaded);
}
