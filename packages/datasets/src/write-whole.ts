// Files that appear whole or not at all.
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file to a temporary name beside it, then renames it.
 *
 * @param options.durable whether the bytes are on the disk before the file gets its name; without, a power cut may leave it hollow
 */
export async function writeWhole(
  path: string,
  contents: Uint8Array | string,
  { durable = true }: { durable?: boolean } = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
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
