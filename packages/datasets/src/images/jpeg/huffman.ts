// Huffman codes and entropy-coded bits (ITU-T T.81, annexes C and F.2.2).
import { FormatError } from '../bytes.ts';

/** Decodes up to 16 bits at once for short codes, and bit by bit for long ones. */
export interface HuffmanTable {
  /** For the next 9 bits: the code's length << 8 | its symbol; 0 where the code is longer. */
  readonly fast: Uint16Array;
  /** By length: the largest code, or -1. */
  readonly largest: Int32Array;
  /** By length: added to a code, the index of its symbol. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

const FAST = 9;

/** Builds a table from the number of codes of each length and the symbols in order. Throws a `FormatError` if there is no such code. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  if (symbols.length > 256) throw new FormatError(`a Huffman table of ${symbols.length} codes`);
  const [fast, largest, offset] = [new Uint16Array(1 << FAST), new Int32Array(17).fill(-1), new Int32Array(17)];
  for (let length = 1, code = 0, k = 0; length <= 16; length++, code <<= 1) {
    const count = counts[length - 1] as number;
    offset[length] = k - code;
    for (let i = 0; i < count; i++, code++, k++)
      if (length <= FAST) {
        const shift = FAST - length;
        fast.fill((length << 8) | (symbols[k] as number), code << shift, (code + 1) << shift);
      }
    if (count > 0) largest[length] = code - 1;
    // No code may be all ones.
    if (count > 0 && code >= 1 << length) throw new FormatError('a Huffman table with too many codes');
  }
  return { fast, largest, offset, symbols: Uint8Array.from(symbols) };
}

/** Reads the bits of a scan. Running past its end throws: missing pixels are never invented. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Holds at least `wanted` bits, up to 16, if the scan has them. Gives the number of those missing. */
  #fill(wanted: number): number {
    const bytes = this.#bytes;
    let [at, held, count] = [this.#at, this.#held, this.#count];
    while (count <= 24) {
      const byte = bytes[at];
      if (byte === undefined || (byte === 0xff && bytes[at + 1] !== 0)) break;
      at += byte === 0xff ? 2 : 1;
      held = (held << 8) | byte;
      count += 8;
    }
    [this.#at, this.#held, this.#count] = [at, held, count];
    return count >= wanted ? 0 : wanted - count;
  }

  /** An unsigned number of 1 to 16 bits. */
  bits(count: number): number {
    if (this.#count < count && this.#fill(count) > 0) throw new FormatError('a JPEG that ends early, within a scan');
    this.#count -= count;
    return (this.#held >> this.#count) & ((1 << count) - 1);
  }

  /** A number of `size` bits with its sign (T.81, F.2.2.1, EXTEND). */
  signed(size: number): number {
    const value = this.bits(size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  /** The next symbol of a table. */
  symbol({ fast, largest, offset, symbols }: HuffmanTable): number {
    const short = this.#count < 16 ? this.#fill(16) : 0;
    // Near the end of the scan, zeros stand in for the bits after it.
    const next = short > 0 ? (this.#held << short) & 0xffff : (this.#held >> (this.#count - 16)) & 0xffff;
    const entry = fast[next >> (16 - FAST)] as number;
    let length = entry >> 8;
    let symbol = entry & 255;
    if (entry === 0) {
      length = FAST + 1;
      while (length <= 16 && next >> (16 - length) > (largest[length] as number)) length += 1;
      if (length > 16) throw new FormatError('a damaged JPEG: an impossible Huffman code');
      symbol = symbols[(next >> (16 - length)) + (offset[length] as number)] as number;
    }
    if (length > this.#count) throw new FormatError('a JPEG that ends early, within a scan');
    this.#count -= length;
    return symbol;
  }

  /** Moves past a restart marker, which must be the n-th. */
  restart(n: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1;
    if (bytes[at] !== 0xff || bytes[at + 1] !== 0xd0 + (n & 7))
      throw new FormatError(`a damaged JPEG: no restart marker ${n & 7} where it belongs`);
    this.#at = at + 2;
    this.#held = 0;
    this.#count = 0;
  }
}
