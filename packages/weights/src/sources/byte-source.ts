// Bytes that can be read in parts, from a file, a server, a Blob or memory.
import { FormatError } from '../errors.ts';

/** Random access to bytes. Offsets may exceed 4 GiB. */
export interface ByteSource {
  /** For error messages. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. The array may share memory with the source and must not be changed. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** @throws {FormatError} unless the range is within the source. */
export function checkRange({ name, size }: { name: string; size: number }, offset: number, length: number): void {
  const natural = (n: number) => Number.isSafeInteger(n) && n >= 0;
  if (!natural(offset) || !natural(length) || offset + length > size)
    throw new FormatError(name, `bytes ${offset} to ${offset + length}`, `a file of ${size} bytes`);
}

/** Bytes in memory. */
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

/** A file chosen in the browser, read in parts. */
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
