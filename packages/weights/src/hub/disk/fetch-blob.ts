// Brings a file's content into the cache: what is half there is gone on with, and only what is proved right gets its name.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { download } from '../../http/download.ts';
import { HubError } from '../address.ts';
import { checkHash, type FileDescription, type HubOptions } from '../describe.ts';

async function hashOf(path: string, { kind, size }: FileDescription, signal?: AbortSignal): Promise<string> {
  const hash = createHash(kind === 'sha256' ? 'sha256' : 'sha1');
  if (kind === 'git-sha1') hash.update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}

/** Adds the bytes that are missing and returns how many were there before. */
async function complete(handle: FileHandle, url: string, file: FileDescription, options: HubOptions): Promise<number> {
  const { path, size } = file;
  let { size: at } = await handle.stat();
  if (at > size) {
    await handle.truncate(0);
    at = 0;
  }
  const before = at;
  options.onProgress?.({ path, loaded: at, total: size });
  for await (const chunk of download(url, size, { ...options, from: at })) {
    // At a place of its own: should two processes ever write at once, they write the same.
    for (let done = 0; done < chunk.length; )
      done += (await handle.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
    at += chunk.length;
    options.onProgress?.({ path, loaded: at, total: size });
  }
  await handle.sync();
  return before;
}

/**
 * Downloads content to `blob`.
 *
 * @throws {HubError} if it is not what the hub promised, even from the start; nothing of it is kept then
 */
export async function fetchBlob(blob: string, url: string, file: FileDescription, options: HubOptions): Promise<void> {
  const partial = `${blob}.medclipseg.incomplete`;
  await mkdir(dirname(blob), { recursive: true });
  for (;;) {
    // Python's tools name theirs otherwise: nobody else writes here.
    const handle = await open(partial, 'a').then(async (created) => {
      await created.close();
      return open(partial, 'r+');
    });
    let resumed: number;
    try {
      resumed = await complete(handle, url, file, options);
    } finally {
      await handle.close();
    }
    try {
      checkHash(file, await hashOf(partial, file, options.signal));
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      await rm(partial, { force: true });
      // What was left of an earlier attempt may be to blame.
      if (resumed > 0) continue;
      throw error;
    }
    await rename(partial, blob);
    return;
  }
}
