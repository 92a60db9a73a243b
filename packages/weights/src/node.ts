// Weight files on disk.
import { writeAtomically } from './atomic.ts';
import { openTensors } from './open.ts';
import { safetensorsPieces, type TensorsToWrite } from './safetensors/write.ts';
import { fileSource } from './sources/file.ts';
import type { TensorFile } from './tensor-file.ts';

export { fileSource } from './sources/file.ts';

/** Opens a weight file of any known format. */
export async function openTensorFile(path: string): Promise<TensorFile> {
  const source = await fileSource(path);
  return openTensors(source).catch(async (error) => {
    await source.close();
    throw error;
  });
}

/** Writes a safetensors file, one tensor at a time; a file of that name is replaced only by a whole one. */
export async function writeSafetensors(
  path: string,
  tensors: TensorsToWrite,
  metadata: Readonly<Record<string, string>> = {},
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await writeAtomically(path, safetensorsPieces(tensors, metadata), signal);
}
