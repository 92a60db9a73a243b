// A byte source of any size with a few pieces of data, zero elsewhere.
import { type ByteSource, checkRange } from '../src/sources/byte-source.ts';

export type Piece = readonly [offset: number, bytes: Uint8Array];

export function sparseSource(size: number, pieces: readonly Piece[]): ByteSource & { readonly bytesRead: number } {
  let bytesRead = 0;
  return {
    name: 'sparse',
    size,
    get bytesRead() {
      return bytesRead;
    },
    async read(offset, length) {
      checkRange(this, offset, length);
      bytesRead += length;
      const out = new Uint8Array(length);
      for (const [at, bytes] of pieces) {
        const [from, to] = [Math.max(at, offset), Math.min(at + bytes.length, offset + length)];
        if (from < to) out.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return out;
    },
    async close() {},
  };
}
