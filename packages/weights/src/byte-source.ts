// Bytes that can be read in pieces, wherever they are.
import { FormatError } from './errors.ts';

export interface ByteSource {
  /** For error messages. */
  readonly name: string;
  readonly size: number;
  /** Exactly `length` bytes from `offset`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export function checkRange({ name, size }: { name: string; size: number }, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > size)
    throw new FormatError(name, `bytes ${offset} to ${offset + length}`, `a file of ${size} bytes`);
}

export function bytesSource(bytes: Uint8Array, name = 'bytes'): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(offset, length) {
      checkRange(this, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    async close() {},
  };
}

/** A file chosen in the browser, read in pieces. */
export function blobSource(blob: Blob, name = 'blob'): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      checkRange(this, offset, length);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
    async close() {},
  };
}
