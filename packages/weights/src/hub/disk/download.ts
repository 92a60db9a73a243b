// Files of the hub on disk, shared with Python's tools.
import { HttpError, NetworkError } from '../../http/errors.ts';
import { checkAddress, fileUrl, HubError, type HubFile, isCommit } from '../address.ts';
import { describe, type HubOptions } from '../describe.ts';
import { type HubEnvironment, hubEnvironment } from './environment.ts';
import { fetchBlob } from './fetch-blob.ts';
import { commitOf, exists, type Layout, layoutOf, link, writeRef } from './layout.ts';
import { withLock } from './lock.ts';

export interface HubFileOptions extends HubOptions, Partial<HubEnvironment> {}

/** The path of a file that is in the cache already. */
async function cached(layout: Layout, { path, revision }: Required<HubFile>): Promise<string | undefined> {
  const commit = await commitOf(layout, revision);
  const found = commit === undefined ? undefined : layout.snapshot(commit, path);
  return found !== undefined && (await exists(found)) ? found : undefined;
}

/** A full disk, a folder that may not be written to, and the like. */
const isDiskFault = (error: unknown): error is Error => error instanceof Error && 'syscall' in error && 'code' in error;

/**
 * The path of a file of the hub: in the cache already, or downloaded into it.
 *
 * A download that breaks off is gone on with, now or at the next call; its hash is checked before it is found by anybody.
 * Processes that ask for the same file wait for one of them. Where the hub cannot be reached, or with `offline`, the version
 * that came last is given. What is not passed in `options` comes from the environment: `HF_ENDPOINT`, `HF_TOKEN`,
 * `HF_HUB_OFFLINE`, `HF_HUB_CACHE`, `HF_HOME`.
 *
 * @throws {HubError} for a name that does not exist, content that is not what the hub says, or a file not there offline
 * @throws {HttpError | NetworkError} if the hub does not give it
 */
export async function hubFile(address: HubFile, options: HubFileOptions = {}): Promise<string> {
  const file = checkAddress(address);
  const settings = { ...hubEnvironment(), ...options };
  const layout = layoutOf(settings.cache, file);
  const here = await cached(layout, file);
  if (here !== undefined && (settings.offline || isCommit(file.revision))) return here;
  if (settings.offline)
    throw new HubError(
      `${file.repo}/${file.path}`,
      `a file in ${settings.cache}`,
      `none, and ${options.offline ? 'only local files are wanted' : 'HF_HUB_OFFLINE is set'}`,
      `${options.offline ? 'Allow the network' : 'Unset it'} and download the file once.`,
    );
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
    const unreachable = error instanceof NetworkError || (error instanceof HttpError && error.status >= 500);
    if (here !== undefined && unreachable) return here;
    if (isDiskFault(error))
      throw new HubError(
        settings.cache,
        'a folder to write to',
        error.message,
        'Free some room, or set HF_HUB_CACHE.',
        {
          cause: error,
        },
      );
    throw error;
  }
}
