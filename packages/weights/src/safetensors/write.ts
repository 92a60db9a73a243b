// Writes safetensors files, one tensor at a time.
import { checkedBytes, type StoredTensor, storedAs, type TensorValue } from '../tensor-file.ts';
import { layOut } from './header.ts';

/**
 * Tensors to write: values, which become float32, or tensors whose bytes are produced on demand. One object under several names
 * is written once, with the other names in the metadata; a reader finds all of them.
 */
export type TensorsToWrite = ReadonlyMap<string, TensorValue | StoredTensor>;

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

/** A whole safetensors file in memory. */
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
