// Opens a weight file by what its first bytes say.
import type { ByteSource } from './byte-source.ts';
import { FormatError } from './errors.ts';
import { openSafetensors } from './safetensors.ts';
import type { TensorFile } from './tensor-file.ts';
import { LEGACY_MAGIC, openTorchLegacy, openTorchZip } from './torch.ts';

/** safetensors, or PyTorch's files of any age. */
export async function openTensors(source: ByteSource): Promise<TensorFile> {
  const start = await source.read(0, Math.min(source.size, LEGACY_MAGIC.length));
  const begins = (magic: ArrayLike<number>) => Array.from(magic).every((byte, i) => start[i] === byte);
  if (begins([0x50, 0x4b, 3, 4])) return openTorchZip(source);
  if (begins(LEGACY_MAGIC)) return openTorchLegacy(source);
  if (start[8] === 0x7b) return openSafetensors(source);
  throw new FormatError(source.name, 'safetensors or a PyTorch file', 'something else');
}
