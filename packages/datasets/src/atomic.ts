// Files and folders that appear whole or not at all. What a killed process left is removed by the next one.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { foundInstead, LayoutError } from './errors.ts';

/** Names the machine, so that a folder shared between machines keeps the files of processes that run elsewhere. */
const MACHINE = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** A temporary name next to a path, which says what process writes it. */
const temporaryPath = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${MACHINE}-${process.pid}-${randomUUID().slice(0, 8)}.tmp`);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * Removes the temporary files and folders that processes of this machine left in a folder when they were killed.
 *
 * @param name only those of the file or folder of this name
 */
export async function removeLeftovers(folder: string, name?: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const entry of names) {
    const [, target, machine, pid] = /^\.(.+)\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp$/.exec(entry) ?? [];
    if (machine !== MACHINE || (name !== undefined && target !== name) || isRunning(Number(pid))) continue;
    await rm(join(folder, entry), { recursive: true, force: true });
  }
}

/**
 * Writes a file under a temporary name next to its path, then renames it.
 *
 * @param options.durable whether to wait until the bytes are on the disk; without, a power failure may leave an empty file
 */
export async function writeFileAtomically(
  path: string,
  contents: Uint8Array | string,
  { durable = true }: { durable?: boolean } = {},
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(contents);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Fills a folder under a temporary name next to its path, then renames it; a failure leaves nothing.
 * Existing files are never overwritten: throws `LayoutError` if the folder exists and is not empty.
 *
 * @param fill writes into the folder that it is given
 */
export async function writeFolderAtomically<T>(folder: string, fill: (partial: string) => Promise<T>): Promise<T> {
  const target = resolve(folder);
  const names = await readdir(target).catch((cause) => {
    if (cause.code === 'ENOENT') return [];
    throw new LayoutError(folder, 'no folder or an empty one', foundInstead(cause), 'Choose another.');
  });
  if (names.length > 0)
    throw new LayoutError(folder, 'no folder or an empty one', `one with ${names.length} entries`, 'Choose another.');
  await mkdir(dirname(target), { recursive: true });
  await removeLeftovers(dirname(target), basename(target));
  const partial = temporaryPath(target);
  await mkdir(partial);
  try {
    const result = await fill(partial);
    // Only an empty folder can be at the target; rmdir refuses any other.
    await rmdir(target).catch((cause) => {
      if (cause.code !== 'ENOENT') throw cause;
    });
    await rename(partial, target);
    return result;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
