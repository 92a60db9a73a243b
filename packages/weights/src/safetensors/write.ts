// Writes safetensors files, one tensor at a time.
import { bitsOf, bytesOf } from '../dtypes/dtype.ts';
import { FormatError } from '../errors.ts';
import { checkedBytes, type StoredTensor, storedAs, type TensorValue } from '../tensor-file.ts';
import { ALIASES, METADATA } from './read.ts';

/**
 * Tensors to write: values, which become float32, or tensors whose bytes are produced on demand. One object under several names
 * is written once, with the other names in the metadata; a reader finds all of them.
 */
export type TensorsToWrite = ReadonlyMap<string, TensorValue | StoredTensor>;

/** The bytes of a header, and the tensors in the order of their bytes: wide elements first, so that all are aligned. */
function layOut(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): { header: Uint8Array; ordered: readonly (readonly [string, StoredTensor])[] } {
  if (tensors.has(METADATA)) throw new FormatError('tensors to write', `names other than ${METADATA}`, 'that name');
  const firstNames = new Map<StoredTensor, string>();
  const aliases: [string, string][] = [];
  for (const [name, tensor] of tensors) {
    const first = firstNames.get(tensor);
    if (first === undefined) firstNames.set(tensor, name);
    else aliases.push([name, first]);
  }
  if (Object.hasOwn(metadata, ALIASES))
    throw new FormatError('metadata to write', `keys other than ${ALIASES}`, 'that key');
  const own = [...firstNames].map(([tensor, name]) => [name, tensor] as const);
  const ordered = own.sort(([, a], [, b]) => bitsOf(b.dtype) - bitsOf(a.dtype));
  let offset = 0;
  const entries = ordered.map(([name, { dtype, shape }]): [string, unknown] => {
    const begin = offset;
    offset += bytesOf(dtype, shape);
    return [name, { dtype, shape, data_offsets: [begin, offset] }];
  });
  const all = aliases.length === 0 ? metadata : { ...metadata, [ALIASES]: JSON.stringify(Object.fromEntries(aliases)) };
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries([[METADATA, all], ...entries])));
  // Padded with spaces, which JSON ignores, to keep the tensors aligned.
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return { header, ordered };
}

/** The bytes of a safetensors file in pieces; at most one tensor is in memory at a time. */
export async function* safetensorsPieces(
  tensors: TensorsToWrite,
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array> {
  const stored = new Map(
    [...new Set(tensors.values())].map((value) => [value, 'bytes' in value ? value : storedAs(value)]),
  );
  const named = new Map([...tensors].map(([name, value]) => [name, stored.get(value) as StoredTensor]));
  const { header, ordered } = layOut(named, metadata);
  yield header;
  for (const [name, tensor] of ordered) yield await checkedBytes(name, tensor);
}

/**
 * A whole safetensors file in memory.
 *
 * @example
 * const bytes = await encodeSafetensors(new Map([['bias', { shape: [2], data: Float32Array.of(1, 2) }]]));
 */
export async function encodeSafetensors(
  tensors: TensorsToWrite,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of safetensorsPieces(tensors, metadata)) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
