// Opens safetensors files.
import { FormatError } from '../errors.ts';
import type { ByteSource } from '../sources/byte-source.ts';
import { type TensorFile, tensorFile } from '../tensor-file.ts';
import { MAXIMUM_HEADER, parseHeader } from './header.ts';

/** Opens a safetensors file; only its header is read. */
export async function openSafetensors(source: ByteSource): Promise<TensorFile> {
  const { name: file, size } = source;
  if (size < 8) throw new FormatError(file, 'a safetensors header', `${size} bytes`);
  const prefix = await source.read(0, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  const limit = Math.min(MAXIMUM_HEADER, size - 8);
  if (length > limit) throw new FormatError(file, `a header of at most ${limit} bytes`, `one of ${length}`);
  const base = 8 + length;
  const { entries, metadata } = parseHeader(file, await source.read(8, length), size - base);
  return tensorFile(
    file,
    entries,
    metadata,
    ({ begin, end }) => source.read(base + begin, end - begin),
    () => source.close(),
  );
}
