// Bytes that can be read in pieces, wherever they are.
import { FormatError } from '../errors.ts';

/** Random access to bytes: a file, a URL, a Blob, or an array. Offsets may lie beyond 4 GiB. */
export interface ByteSource {
  /** For error messages. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; the array may share memory with the source and is not to be written to. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** @throws {FormatError} unless the bytes from `offset` on lie within the source. */
export function checkRange({ name, size }: { name: string; size: number }, offset: number, length: number): void {
  const natural = (n: number) => Number.isSafeInteger(n) && n >= 0;
  if (!natural(offset) || !natural(length) || offset + length > size)
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
export function blobSource(blob: Blob, name = (blob as Partial<File>).name ?? 'blob'): ByteSource {
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
