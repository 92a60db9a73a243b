// Files of the hub on disk, shared with Python's tools.
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { HttpError, NetworkError } from '../../http/errors.ts';
import {
  checkAddress,
  checkRepository,
  fileUrl,
  HubError,
  type HubFile,
  type HubRepository,
  isCommit,
} from '../address.ts';
import { describe, type HubEntry, type HubListing, type HubOptions, listing, listOnHub } from '../describe.ts';
import { fetchBlob } from './fetch-blob.ts';
import { commitOf, exists, type Layout, layoutOf, link, writeRef } from './layout.ts';
import { withLock } from './lock.ts';

export interface HubEnvironment {
  /** Folder of the cache. */
  readonly cache: string;
  /** Uses only files in the cache. */
  readonly offline: boolean;
  readonly endpoint?: string;
  readonly token?: string;
}

/** Reads the environment; an empty variable counts as missing. */
export function hubEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): HubEnvironment {
  const home = variables.HF_HOME || join(variables.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return {
    cache: variables.HF_HUB_CACHE || variables.HUGGINGFACE_HUB_CACHE || join(home, 'hub'),
    offline: /^(1|on|yes|true)$/i.test(variables.HF_HUB_OFFLINE ?? ''),
    endpoint: variables.HF_ENDPOINT || undefined,
    token: variables.HF_TOKEN || undefined,
  };
}

export interface HubFileOptions extends HubOptions, Partial<HubEnvironment> {}

/** Options that are given take precedence over the environment. */
const settingsOf = (options: HubFileOptions): HubOptions & HubEnvironment => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...hubEnvironment(), ...given };
};

/** The path of a file that is already in the cache. */
async function cached(layout: Layout, { path, revision }: Required<HubFile>): Promise<string | undefined> {
  const commit = await commitOf(layout, revision);
  const found = commit === undefined ? undefined : layout.snapshot(commit, path);
  return found !== undefined && (await exists(found)) ? found : undefined;
}

/** A full disk, a folder without write permission, and the like. */
const isDiskFault = (error: unknown): error is Error => error instanceof Error && 'syscall' in error && 'code' in error;

const isUnreachable = (error: unknown): boolean =>
  error instanceof NetworkError || (error instanceof HttpError && error.status >= 500);

const notInCache = (subject: string, what: string, cache: string, isAsked: boolean): HubError =>
  new HubError(
    subject,
    `${what} in ${cache}`,
    `none, and ${isAsked ? 'only local files are allowed' : 'HF_HUB_OFFLINE is set'}`,
    `${isAsked ? 'Allow the network' : 'Unset it'} and download the file once.`,
  );

/**
 * The path of a file of the hub, which is downloaded unless it is in the cache.
 *
 * An interrupted download is resumed, by this call or a later one; its hash is verified before the file appears under its name.
 * Processes that request the same file share one download. If the hub is unreachable, or with `offline`, the version downloaded
 * last is used. Options that are missing come from the environment: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, `HF_HUB_CACHE`,
 * `HF_HOME`.
 *
 * @throws {HubError} for a name that does not exist, content with another hash, or a file that is not in the cache offline
 * @throws {HttpError | NetworkError} if the hub does not deliver it
 */
export async function hubFile(address: HubFile, options: HubFileOptions = {}): Promise<string> {
  const file = checkAddress(address);
  const settings = settingsOf(options);
  const layout = layoutOf(settings.cache, file);
  const here = await cached(layout, file);
  if (here !== undefined && (settings.offline || isCommit(file.revision))) return here;
  if (settings.offline)
    throw notInCache(`${file.repo}/${file.path}`, 'a file', settings.cache, options.offline === true);
  try {
    const description = await describe(file, settings);
    const { commit, hash } = description;
    const snapshot = layout.snapshot(commit, file.path);
    if (!(await exists(snapshot))) {
      const url = fileUrl({ ...file, revision: commit }, settings.endpoint);
      await withLock(
        layout.lock(hash),
        async () => {
          if (!(await exists(layout.blob(hash)))) await fetchBlob(layout.blob(hash), url, description, settings);
          if (!(await exists(snapshot))) await link(layout, commit, file.path, hash);
        },
        settings.signal,
      );
    }
    await writeRef(layout, file.revision, commit);
    return snapshot;
  } catch (error) {
    if (here !== undefined && isUnreachable(error)) return here;
    if (isDiskFault(error))
      throw new HubError(
        settings.cache,
        'a folder with write permission and free space',
        error.message,
        'Free some space, or set HF_HUB_CACHE.',
        { cause: error },
      );
    throw error;
  }
}

/** The files of a revision that are in the cache. */
async function listInCache(layout: Layout, revision: string): Promise<HubEntry[]> {
  const commit = await commitOf(layout, revision);
  if (commit === undefined) return [];
  const folder = layout.snapshot(commit);
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const entries = await Promise.all(
    found.map(async ({ parentPath, name }): Promise<HubEntry[]> => {
      const path = join(parentPath, name);
      // Files are links to their content; a link to nothing is no file.
      const status = await stat(path).catch(() => undefined);
      return status?.isFile() ? [{ path: relative(folder, path).split(sep).join('/'), size: status.size }] : [];
    }),
  );
  return entries.flat();
}

/**
 * The files of a repository, or of a folder in it, with their sizes. If the hub is unreachable, or with `offline`, only files in
 * the cache are listed.
 *
 * @param repository with `path`, only files below this folder are listed
 * @throws {HubError} for malformed names, and if nothing of the repository is in the cache offline
 * @throws {HttpError | NetworkError} if the hub does not answer and the cache holds nothing
 *
 * @example
 * const { files } = await listHubFiles({ repo: 'TahaKoleilat/MedCLIPSeg', path: 'Kvasir' });
 * files.map((file) => file.path); // ['Kvasir/trained_models/seed666/MedCLIPSeg_unimedclip_ViT-B-16_latest.pth']
 */
export async function listHubFiles(
  { path, ...address }: HubRepository & { readonly path?: string },
  options: HubFileOptions = {},
): Promise<HubListing> {
  const repository = path === undefined ? checkRepository(address) : checkAddress({ ...address, path });
  const settings = settingsOf(options);
  const layout = layoutOf(settings.cache, repository);
  if (!settings.offline)
    try {
      return listing(await listOnHub(repository, settings), path, 'hub');
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const files = await listInCache(layout, repository.revision);
      if (files.length === 0) throw error;
      return listing(files, path, 'cache');
    }
  const files = await listInCache(layout, repository.revision);
  if (files.length === 0) throw notInCache(repository.repo, 'files', settings.cache, options.offline === true);
  return listing(files, path, 'cache');
}
