// Zip archives of PyTorch: those of `torch.save` since version 1.6, and those of TorchScript.
import { FormatError } from '../errors.ts';
import type { ByteSource } from '../sources/byte-source.ts';
import type { TensorFile } from '../tensor-file.ts';
import { contentsOf } from './contents.ts';
import { unpickle } from './unpickle.ts';
import { storageBytes } from './views.ts';
import { dataOffset, readZipDirectory, type ZipEntry } from './zip.ts';

/** A pickle holds names and shapes; a larger one holds other data as well, or is an attack. */
export const MAXIMUM_PICKLE = 64 * 1024 * 1024;

/**
 * Opens a zip archive; only its directory and its pickle are read.
 *
 * TorchScript archives hold modules as objects, and the code of their classes. The code is never read: the attributes of the
 * modules are their tensors, under the names of a state dictionary.
 */
export async function openTorchZip(source: ByteSource): Promise<TensorFile> {
  const { name: file } = source;
  const entries = await readZipDirectory(source);
  const pickle = [...entries.values()].find(({ name }) => /^([^/]*\/)?data\.pkl$/.test(name));
  if (!pickle)
    throw new FormatError(file, 'a PyTorch archive with data.pkl', 'another zip file', {
      remedy: 'Unpack it and give the weight file in it.',
    });
  if (pickle.size > MAXIMUM_PICKLE)
    throw new FormatError(file, `a pickle of at most ${MAXIMUM_PICKLE} bytes`, `${pickle.size}`, {
      remedy: 'Save only the state dict: torch.save(model.state_dict(), path).',
    });
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const bytesOf = async (entry: ZipEntry) => source.read(await dataOffset(source, entry), entry.size);

  const order = entries.get(`${folder}byteorder`);
  if (order && order.size <= 16 && new TextDecoder().decode(await bytesOf(order)) === 'big')
    throw new FormatError(file, 'little-endian numbers', 'big-endian ones');
  const script = entries.has(`${folder}constants.pkl`);
  const { value } = unpickle(await bytesOf(pickle), file, { script });
  return contentsOf(source, value, async (storage) => {
    const entry = entries.get(`${folder}data/${storage.key}`);
    const bytes = storageBytes(storage);
    if (!entry || entry.size < bytes)
      throw new FormatError(file, `${bytes} bytes of storage '${storage.key}'`, entry ? `${entry.size}` : 'none');
    return dataOffset(source, entry);
  });
}
