// Numbers in bytes, either end first. Reading past the end throws a RangeError, as DataView does.

export class ByteReader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.littleEndian);
  }

  i32(at: number): number {
    return this.#view.getInt32(at, this.littleEndian);
  }

  /** A part of the bytes; it must lie within. */
  part(at: number, length: number): Uint8Array {
    if (at < 0 || length < 0 || at + length > this.bytes.length)
      throw new RangeError(`bytes ${at} to ${at + length} of ${this.bytes.length}`);
    return this.bytes.subarray(at, at + length);
  }
}
