// Opens a weight file by what its first bytes say.
import { FormatError } from './errors.ts';
import { openSafetensors } from './safetensors/read.ts';
import type { ByteSource } from './sources/byte-source.ts';
import type { TensorFile } from './tensor-file.ts';
import { openTorchZip } from './torch/archive.ts';
import { LEGACY_MAGIC, openTorchLegacy } from './torch/legacy.ts';

const ZIP_MAGIC = [0x50, 0x4b, 3, 4];

/** Opens safetensors, or PyTorch's files of any age. On an error the source stays open. */
export async function openTensors(source: ByteSource): Promise<TensorFile> {
  const start = await source.read(0, Math.min(source.size, LEGACY_MAGIC.length));
  const begins = (magic: ArrayLike<number>) => Array.from(magic).every((byte, i) => start[i] === byte);
  if (begins(ZIP_MAGIC)) return openTorchZip(source);
  if (begins(LEGACY_MAGIC)) return openTorchLegacy(source);
  if (start[8] === 0x7b) return openSafetensors(source);
  throw new FormatError(source.name, 'safetensors or a PyTorch file', 'something else');
}
