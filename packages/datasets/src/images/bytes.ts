// Numbers in bytes of either order, and the error for what a file should hold and does not.
import type { WindowSetting } from '../scans/window.ts';

/**
 * What is wrong with a file, as the second half of an `ImageError`: "expected a whole image, got ...".
 * Decoders throw it; `decodeImage` adds the file's name.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  constructor(
    readonly actual: string,
    readonly expected = 'a whole image',
    readonly remedy?: string,
    /** Windows to choose from, if the file needs one. */
    readonly windows?: Readonly<Record<string, WindowSetting>>,
  ) {
    super(`expected ${expected}, got ${actual}`);
  }
}

/** Reads numbers. Reading past the end throws a {@link FormatError}. */
export class ByteReader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #check(at: number, length: number): void {
    if (!(at >= 0 && at + length <= this.bytes.length))
      throw new FormatError(`a file that ends early: ${this.bytes.length} bytes where ${at + length} are needed`);
  }

  u8(at: number): number {
    this.#check(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.#check(at, 2);
    return this.#view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    this.#check(at, 4);
    return this.#view.getUint32(at, this.littleEndian);
  }

  i32(at: number): number {
    this.#check(at, 4);
    return this.#view.getInt32(at, this.littleEndian);
  }

  /** 64 bits as a number; exact up to 2^53, far beyond any file. */
  u64(at: number): number {
    this.#check(at, 8);
    return Number(this.#view.getBigUint64(at, this.littleEndian));
  }

  /** A part of the bytes. */
  part(at: number, length: number): Uint8Array {
    if (!(length >= 0)) throw new FormatError('a length below 0');
    this.#check(at, length);
    return this.bytes.subarray(at, at + length);
  }
}
