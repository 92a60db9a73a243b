// Opens a weight file of any format, recognized by its first bytes.
import { FormatError } from './errors.ts';
import { openSafetensors } from './safetensors/read.ts';
import type { ByteSource } from './sources/byte-source.ts';
import type { TensorFile } from './tensor-file.ts';

const ZIP_MAGIC = [0x50, 0x4b, 3, 4];
/** The beginning of PyTorch files before version 1.6: a pickle of protocol 2 that holds the integer 0x1950a86a20f9469cfc6c. */
const LEGACY_MAGIC = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
/** The upper half of the length of a safetensors header, which is never that long; texts have other bytes here. */
const LENGTH_END = [0, 0, 0, 0];
const BEGINNING = 512;

const startsWith = (bytes: Uint8Array, magic: ArrayLike<number>): boolean =>
  Array.from(magic).every((byte, i) => bytes[i] === byte);

/** Files that are often found in place of weights: what they are called, and what to do about them. */
const OTHERS: readonly (readonly [start: RegExp | string, name: string, remedy: string])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\/spec\//,
    'a Git LFS pointer to the file',
    'Fetch the file itself: git lfs pull, or a download from the page of the repository.',
  ],
  [
    /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|!--)/i,
    'an HTML page',
    'Download the file itself: the address may be that of its page, or require a login.',
  ],
  [/^\s*<\?xml/i, 'an XML document', 'Check the address: servers send such documents as error messages.'],
  [/^\s*\{/, 'a JSON text', 'Check the address: servers send such texts as error messages.'],
  ['\x1f\x8b', 'a gzip archive', 'Unpack it.'],
  ['\x89HDF', 'an HDF5 file (Keras)', 'Save the weights as safetensors.'],
  ['\x93NUMPY', 'a NumPy array', 'Save the weights as safetensors.'],
  ['GGUF', 'a GGUF file', 'Get the weights as safetensors.'],
  ['\x80', 'a Python pickle that torch.save did not write', 'Save the state dict with torch.save or as safetensors.'],
];

function refuse({ name, size }: ByteSource, start: Uint8Array): never {
  const expected = 'safetensors or a PyTorch file';
  if (size === 0) throw new FormatError(name, expected, 'an empty file');
  const text = String.fromCharCode(...start);
  const [, actual, remedy] =
    OTHERS.find(([pattern]) => (typeof pattern === 'string' ? text.startsWith(pattern) : pattern.test(text))) ?? [];
  throw new FormatError(name, expected, actual ?? 'another format', { remedy: remedy ?? 'Check the path or address.' });
}

/**
 * Opens safetensors or a PyTorch file of any version. On an error the source stays open.
 *
 * @throws {FormatError} if it is neither, or is damaged
 * @throws {ForbiddenPickleError} if a PyTorch file holds anything but tensors and plain values
 *
 * @example
 * const file = await openTensors(blobSource(input.files[0]));
 * file.tensors.get('visual.proj'); // { dtype: 'F16', shape: [768, 512] }
 */
export async function openTensors(source: ByteSource): Promise<TensorFile> {
  const start = await source.read(0, Math.min(source.size, BEGINNING));
  // A page that opens only safetensors never downloads the reader of pickles.
  if (startsWith(start, ZIP_MAGIC)) return (await import('./torch/archive.ts')).openTorchZip(source);
  if (startsWith(start, LEGACY_MAGIC))
    return (await import('./torch/legacy.ts')).openTorchLegacy(source, LEGACY_MAGIC.length);
  if (start[8] === 0x7b && startsWith(start.subarray(4), LENGTH_END)) return openSafetensors(source);
  return refuse(source, start);
}
