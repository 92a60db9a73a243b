// Reads the bytes of a pickle from front to back.
import { FormatError } from '../errors.ts';

/** A pickle that continues beyond the available bytes; a longer part of the file may be enough. */
export class TruncatedPickleError extends FormatError {
  constructor(file: string) {
    super(file, 'a whole pickle', 'one that is cut off');
  }
}

export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #decoder = new TextDecoder();

  constructor(
    bytes: Uint8Array,
    readonly file: string,
    /** Position of the next byte. */
    public at = 0,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Advances by a number of bytes; the result is where they begin. */
  #step(count: number): number {
    if (count > this.#bytes.length - this.at) throw new TruncatedPickleError(this.file);
    this.at += count;
    return this.at - count;
  }

  u8 = (): number => this.#view.getUint8(this.#step(1));
  u16 = (): number => this.#view.getUint16(this.#step(2), true);
  u32 = (): number => this.#view.getUint32(this.#step(4), true);
  i32 = (): number => this.#view.getInt32(this.#step(4), true);
  u64 = (): number => Number(this.#view.getBigUint64(this.#step(8), true));
  /** The only number that pickles store big-endian. */
  f64 = (): number => this.#view.getFloat64(this.#step(8), false);

  take(count: number): Uint8Array {
    const from = this.#step(count);
    return this.#bytes.subarray(from, from + count);
  }

  text = (count: number): string => this.#decoder.decode(this.take(count));

  /** Text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new TruncatedPickleError(this.file);
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  /** A signed integer of up to 255 bytes, such as the state of a random generator. */
  integer(count: number): number | bigint {
    const digits = Array.from(this.take(count), (byte) => byte.toString(16).padStart(2, '0'));
    const value = count === 0 ? 0n : BigInt.asIntN(8 * count, BigInt(`0x${digits.reverse().join('')}`));
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}
