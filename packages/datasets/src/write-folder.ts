// Folders that appear whole or not at all.
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LayoutError } from './errors.ts';

/**
 * Fills a folder beside its place and renames it at the end; a failure leaves nothing behind.
 * Nothing that exists is overwritten: throws `LayoutError` where there is something in the folder already.
 *
 * @param fill writes into the folder that it is given
 */
export async function writeFolder<T>(folder: string, fill: (partial: string) => Promise<T>): Promise<T> {
  const target = resolve(folder);
  const names = await readdir(target).catch(() => []);
  if (names.length > 0)
    throw new LayoutError(folder, 'no folder or an empty one', `one with ${names.length} entries`, 'Choose another.');
  await mkdir(dirname(target), { recursive: true });
  const partial = await mkdtemp(join(dirname(target), `.${basename(target)}.`));
  try {
    const result = await fill(partial);
    // An empty folder may stand there; anything else was refused, and is refused again by rmdir.
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
