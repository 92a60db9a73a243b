// Weight files on disk.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ByteSource, checkRange } from './byte-source.ts';
import { WeightsError } from './errors.ts';
import { openTensors } from './open.ts';
import { safetensorsHeader } from './safetensors.ts';
import type { TensorFile, TensorValue } from './tensor-file.ts';

/** A file read in pieces. */
export async function fileSource(path: string): Promise<ByteSource> {
  const handle = await open(path).catch((cause) => {
    throw new WeightsError('weights/missing', `${path}: expected a weight file, got none. Check the path.`, { cause });
  });
  const { size } = await handle.stat();
  return {
    name: path,
    size,
    async read(offset, length) {
      checkRange({ name: path, size }, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0)
          throw new WeightsError(
            'weights/missing',
            `${path}: expected ${length} bytes, the file shrank. Save it again.`,
          );
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Opens a weight file of any known format. */
export async function openTensorFile(path: string): Promise<TensorFile> {
  const source = await fileSource(path);
  return openTensors(source).catch(async (error) => {
    await source.close();
    throw error;
  });
}

/** One write may take only a part; a full disk must not pass for a whole file. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten;
}

/** Writes a safetensors file: to a temporary name beside it, flushed, then renamed, so that no half file is ever seen. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorValue>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await writeAll(handle, safetensorsHeader(tensors, metadata));
      for (const { data } of tensors.values())
        await writeAll(handle, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
