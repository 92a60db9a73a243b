// Weight files on disk.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { WeightsError } from './errors.ts';
import { openTensors } from './open.ts';
import { safetensorsPieces, type TensorsToWrite } from './safetensors/write.ts';
import { fileSource } from './sources/file.ts';
import type { TensorFile } from './tensor-file.ts';

export { fileSource } from './sources/file.ts';

/**
 * Opens a weight file of any known format.
 *
 * @throws {WeightsError} if there is none, or as `openTensors`
 *
 * @example
 * const file = await openTensorFile('model.pth');
 * [...file.tensors.keys()]; // ['visual.proj', ...]
 * const { shape, data } = await file.read('visual.proj'); // [768, 512], Float32Array(393216)
 * await file.close();
 */
export async function openTensorFile(path: string): Promise<TensorFile> {
  const source = await fileSource(path);
  return openTensors(source).catch(async (error) => {
    await source.close();
    throw error;
  });
}

/** A single write may be incomplete, as on a full disk, without an error. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten;
}

/** Writes a file under a temporary name in its folder, flushes it, and renames it, so that a partial file never has its name. */
async function writeAtomically(path: string, pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      for await (const piece of pieces) {
        signal?.throwIfAborted();
        await writeAll(handle, piece);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    const [reason] = cause.message.split(',');
    throw new WeightsError(
      'weights/write',
      `${path}: expected a place to write to, got '${reason}'. Check that its folder exists, can be written to, and has free space.`,
      { cause },
    );
  }
}

/**
 * Writes a safetensors file, one tensor at a time. An existing file is replaced only when the new one is complete.
 *
 * @throws {WeightsError} if the file cannot be written
 *
 * @example
 * await writeSafetensors('half.safetensors', storedTensors(file, 'F16'), { format: 'pt' });
 */
export async function writeSafetensors(
  path: string,
  tensors: TensorsToWrite,
  metadata: Readonly<Record<string, string>> = {},
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await writeAtomically(path, safetensorsPieces(tensors, metadata), signal);
}
