// The folders that Python's huggingface_hub, transformers and open_clip share.
// https://huggingface.co/docs/huggingface_hub/guides/manage-cache

import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type HubRepository, isCommit } from '../address.ts';

export interface Layout {
  /** The content of a file, named by its hash. */
  blob(hash: string): string;
  /** A file by its name in a commit, which is a link to the content; without a path, the folder of the commit. */
  snapshot(commit: string, path?: string): string;
  /** Holds the commit to which a branch or tag refers. */
  ref(revision: string): string;
  lock(hash: string): string;
}

export function layoutOf(cache: string, { type, repo }: Required<HubRepository>): Layout {
  const folder = `${type}s--${repo.replaceAll('/', '--')}`;
  return {
    blob: (hash) => join(cache, folder, 'blobs', hash),
    snapshot: (commit, path = '') => join(cache, folder, 'snapshots', commit, ...path.split('/')),
    ref: (revision) => join(cache, folder, 'refs', ...revision.split('/')),
    lock: (hash) => join(cache, '.locks', folder, `${hash}.medclipseg`),
  };
}

/** Whether there is a file; a dangling link is none. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isFile(),
    () => false,
  );

/** The commit to which a revision referred when the hub was last asked. */
export async function commitOf(layout: Layout, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const text = await readFile(layout.ref(revision), 'utf8').catch(() => '');
  return isCommit(text.trim()) ? text.trim() : undefined;
}

/** Creates a file atomically: `make` writes it under another name. */
async function place(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export async function writeRef(layout: Layout, revision: string, commit: string): Promise<void> {
  if (isCommit(revision) || (await commitOf(layout, revision)) === commit) return;
  await place(layout.ref(revision), (temporary) => writeFile(temporary, commit));
}

/** Links a file of a snapshot to its content; copies it where links are not allowed (Windows). */
export async function link(layout: Layout, commit: string, path: string, hash: string): Promise<void> {
  const snapshot = layout.snapshot(commit, path);
  const blob = layout.blob(hash);
  await place(snapshot, (temporary) =>
    symlink(relative(dirname(snapshot), blob), temporary).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPERM' && error.code !== 'ENOSYS' && error.code !== 'ENOTSUP') throw error;
      return copyFile(blob, temporary);
    }),
  );
}
