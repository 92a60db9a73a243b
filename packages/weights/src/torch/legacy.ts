// PyTorch files before version 1.6: five consecutive pickles, then the storages.
import { FormatError } from '../errors.ts';
import type { ByteSource } from '../sources/byte-source.ts';
import type { TensorFile } from '../tensor-file.ts';
import { MAXIMUM_PICKLE } from './archive.ts';
import { contentsOf } from './contents.ts';
import { TruncatedPickleError } from './pickle-bytes.ts';
import { type Unpickled, unpickle } from './unpickle.ts';
import { storageBytes } from './views.ts';

const PROTOCOL = 1001;
const FIRST_WINDOW = 256 * 1024;

/** The pickles after the magic number: protocol, system, object, keys. Their lengths are known only after reading them. */
async function readPickles(
  source: ByteSource,
  start: number,
): Promise<readonly [Unpickled, Unpickled, Unpickled, Unpickled]> {
  for (let window = FIRST_WINDOW; ; window *= 4) {
    const limit = Math.min(source.size, MAXIMUM_PICKLE);
    const bytes = await source.read(0, Math.min(window, limit));
    const after = (start: number) => unpickle(bytes, source.name, { start });
    try {
      const protocol = after(start);
      const system = after(protocol.end);
      const object = after(system.end);
      return [protocol, system, object, after(object.end)];
    } catch (error) {
      if (!(error instanceof TruncatedPickleError) || bytes.length === limit) throw error;
    }
  }
}

/** Opens the format; storages are read on demand. @param start the byte after the magic number */
export async function openTorchLegacy(source: ByteSource, start: number): Promise<TensorFile> {
  const { name: file, size } = source;
  const [protocol, system, object, keys] = await readPickles(source, start);
  if (protocol.value !== PROTOCOL) throw new FormatError(file, `protocol ${PROTOCOL}`, 'another');
  if (!(system.value instanceof Map) || system.value.get('little_endian') !== true)
    throw new FormatError(file, 'little-endian numbers', 'big-endian ones');
  if (!Array.isArray(keys.value)) throw new FormatError(file, 'a list of storages', 'something else');

  // Each storage is its number of elements in 8 bytes, then the elements.
  const offsets = new Map<string, number>();
  let at = keys.end;
  for (const key of keys.value as unknown[]) {
    const storage = typeof key === 'string' ? object.storages.get(key) : undefined;
    if (!storage || offsets.has(storage.key)) throw new FormatError(file, 'every storage once', 'another list');
    offsets.set(storage.key, at + 8);
    at += 8 + storageBytes(storage);
  }
  if (at !== size) throw new FormatError(file, `${at} bytes`, `${size}`);
  return contentsOf(source, object.value, async ({ key, elements }) => {
    const offset = offsets.get(key);
    if (offset === undefined) throw new FormatError(file, `storage '${key}'`, 'none');
    const count = await source.read(offset - 8, 8);
    const stored = Number(new DataView(count.buffer, count.byteOffset, 8).getBigInt64(0, true));
    if (stored !== elements) throw new FormatError(file, `${elements} elements in storage '${key}'`, `${stored}`);
    return offset;
  });
}
