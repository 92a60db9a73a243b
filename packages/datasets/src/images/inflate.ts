// Bounded unpacking of deflate streams: row after row, and never more than a few MB at a time.
import { Inflate, inflateSync } from 'fflate';
import { FormatError } from './bytes.ts';

/**
 * Unpacks a raw deflate stream at once, faster than plain TypeScript does. Gives `undefined` if the stream is not exactly `length` bytes,
 * or damaged: then the plain reader decides what is wrong with it.
 */
export type FastInflate = (packed: Uint8Array, length: number) => Uint8Array | undefined;

/** Larger streams are unpacked piece by piece, to bound memory. */
const WHOLE = 1 << 26;

/** Streams of at most this many bytes, such as tiles, are unpacked at once: a stream costs more to set up than they do. */
const SMALL = 1 << 16;

/** Packed bytes taken at a time: they unpack to 16 MB at most. */
const PIECE = 1 << 14;

function unpackSmall(packed: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const out = inflateSync(packed, { out: new Uint8Array(length) });
    return out.length === length ? out : undefined;
  } catch {
    // The stream may be whole up to where it is needed.
    return undefined;
  }
}

/** The checksum of zlib streams (RFC 1950), computed piece by piece. */
class Adler32 {
  #a = 1;
  #b = 0;

  update(bytes: Uint8Array): void {
    let [a, b] = [this.#a, this.#b];
    // As many bytes at a time as keep the sums below 2^31.
    for (let from = 0; from < bytes.length; from += 3800) {
      const end = Math.min(from + 3800, bytes.length);
      for (let i = from; i < end; i++) {
        a += bytes[i] as number;
        b += a;
      }
      a %= 65521;
      b %= 65521;
    }
    [this.#a, this.#b] = [a, b];
  }

  /** Whether the sum ends the stream; a few bytes of padding may follow. */
  ends(packed: Uint8Array): boolean {
    const sum = [this.#b >> 8, this.#b & 255, this.#a >> 8, this.#a & 255];
    return [4, 5, 6, 7].some((back) => sum.every((byte, i) => packed[packed.length - back + i] === byte));
  }
}

/** Reads the bytes of a zlib stream in order. Bytes after the wanted ones are not read. */
export class InflateReader {
  readonly #packed: Uint8Array;
  #inflate: Inflate | undefined;
  #whole: Uint8Array | undefined;
  #at = 2;
  #ready: Uint8Array[] = [];
  #offset = 0;
  #available = 0;
  #left: number;
  readonly #sum: Adler32 | undefined;

  /**
   * @param length bytes that will be read
   * @param verify whether the checksum must be right
   */
  constructor(
    packed: Uint8Array,
    length: number,
    { fast, verify = false }: { fast?: FastInflate; verify?: boolean } = {},
  ) {
    const [method = 0, flags = 0] = packed;
    if ((method & 15) !== 8 || method >> 4 > 7 || ((method << 8) | flags) % 31 !== 0 || flags & 32)
      throw new FormatError('compressed data without a zlib header');
    this.#packed = packed;
    this.#left = length;
    if (verify) this.#sum = new Adler32();
    if (fast && length <= WHOLE) this.#whole = fast(packed.subarray(2), length);
    if (!this.#whole && length <= SMALL) this.#whole = unpackSmall(packed.subarray(2), length);
  }

  #push(): boolean {
    if (this.#at >= this.#packed.length) return false;
    const piece = this.#packed.subarray(this.#at, this.#at + PIECE);
    this.#at += PIECE;
    this.#inflate ??= new Inflate((chunk) => {
      this.#ready.push(chunk);
      this.#available += chunk.length;
    });
    try {
      // Never marked as final: a stream that ends early gives what it has.
      this.#inflate.push(piece, false);
    } catch (cause) {
      throw Object.assign(new FormatError('compressed data that does not unpack'), { cause });
    }
    return true;
  }

  /** Fills `out` with the next bytes. Throws a `FormatError` if the stream has fewer. */
  read(out: Uint8Array): void {
    this.#take(out);
    this.#left -= out.length;
    this.#sum?.update(out);
    if (this.#left === 0 && this.#sum?.ends(this.#packed) === false)
      throw new FormatError('compressed data with a wrong checksum');
  }

  #take(out: Uint8Array): void {
    if (this.#whole) {
      out.set(this.#whole.subarray(this.#offset, this.#offset + out.length));
      this.#offset += out.length;
      return;
    }
    while (this.#available < out.length) if (!this.#push()) throw new FormatError('compressed data that ends early');
    for (let filled = 0; filled < out.length; ) {
      const chunk = this.#ready[0] as Uint8Array;
      const part = chunk.subarray(this.#offset, this.#offset + out.length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset === chunk.length) {
        this.#ready.shift();
        this.#offset = 0;
      }
    }
    this.#available -= out.length;
  }
}
