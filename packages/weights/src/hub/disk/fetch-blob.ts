// Downloads a file's content into the cache: partial downloads are resumed, and only verified content gets its final name.
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

/** Appends the missing bytes; the result is the number of bytes that were there before. */
async function fetchRest(handle: FileHandle, url: string, file: FileDescription, options: HubOptions): Promise<number> {
  const { path, size } = file;
  let { size: at } = await handle.stat();
  if (at > size) {
    await handle.truncate(0);
    at = 0;
  }
  const before = at;
  options.onProgress?.({ file: path, loaded: at, total: size });
  for await (const chunk of download(url, size, { ...options, from: at })) {
    // Written at explicit positions: should two processes ever write at once, they write the same bytes.
    for (let done = 0; done < chunk.length; )
      done += (await handle.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
    at += chunk.length;
    options.onProgress?.({ file: path, loaded: at, total: size });
  }
  await handle.sync();
  return before;
}

/**
 * Downloads content to `blob`.
 *
 * @throws {HubError} if a complete download has another hash than the hub promised; it is deleted
 */
export async function fetchBlob(blob: string, url: string, file: FileDescription, options: HubOptions): Promise<void> {
  const partial = `${blob}.medclipseg.incomplete`;
  await mkdir(dirname(blob), { recursive: true });
  for (;;) {
    // Python's tools use other names, so that only this package writes here.
    const handle = await open(partial, 'a').then(async (created) => {
      await created.close();
      return open(partial, 'r+');
    });
    let resumed: number;
    try {
      resumed = await fetchRest(handle, url, file, options);
    } finally {
      await handle.close();
    }
    try {
      checkHash(file, await hashOf(partial, file, options.signal));
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      await rm(partial, { force: true });
      // The rest of an earlier attempt may be the cause.
      if (resumed > 0) continue;
      throw error;
    }
    await rename(partial, blob);
    return;
  }
}
