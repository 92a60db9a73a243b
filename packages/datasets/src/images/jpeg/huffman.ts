// Huffman codes and entropy-coded bits (ITU-T T.81, annexes C and F.2.2).
import { FormatError } from '../bytes.ts';

/**
 * One array, since arrays of numbers are what engines compile best. First, for the next 9 bits: the code's length << 8 | its symbol; 0 where the
 * code is longer. Then, by length, the largest code or -1; by length, what is added to a code for the index of its symbol; the symbols.
 */
export type HuffmanTable = Int32Array;

/** Bits of the codes that are decoded at once; longer ones are decoded bit by bit. */
const FAST = 9;
const LARGEST = 1 << FAST;
const OFFSET = LARGEST + 17;
const SYMBOLS = OFFSET + 17;

/** Bits of the longest code that is decoded at once and the longest number after it. */
const MOST_FAST = FAST + 15;

/** Builds a table from the number of codes of each length and the symbols in order. Throws a `FormatError` if there is no such code. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  if (symbols.length > 256) throw new FormatError(`a Huffman table of ${symbols.length} codes`);
  const table = new Int32Array(SYMBOLS + 256);
  table.fill(-1, LARGEST, OFFSET);
  table.set(symbols, SYMBOLS);
  for (let length = 1, code = 0, k = 0; length <= 16; length++, code <<= 1) {
    const count = counts[length - 1] as number;
    table[OFFSET + length] = k - code;
    for (let i = 0; i < count; i++, code++, k++)
      if (length <= FAST) {
        const shift = FAST - length;
        table.fill((length << 8) | (symbols[k] as number), code << shift, Math.min((code + 1) << shift, LARGEST));
      }
    if (count > 0) table[LARGEST + length] = code - 1;
    // No code may be all ones.
    if (count > 0 && code >= 1 << length) throw new FormatError('a Huffman table with too many codes');
  }
  return table;
}

/** The signed number that `size` bits stand for (T.81, F.2.2.1, EXTEND); 0 if there are none. Without a branch: the sign is random. */
const extended = (bits: number, size: number): number => bits - (((bits >> (size - 1)) - 1) & ((1 << size) - 1));

const NOTHING = new Uint8Array(0);

/**
 * Reads the bits of a scan. Running past its end throws: missing pixels are never invented. Made to be used again for the next scan: engines
 * drop what they compiled for a class when its last object is gone.
 */
export class BitReader {
  #bytes: Uint8Array = NOTHING;
  #at = 0;
  #held = 0;
  #count = 0;
  /** The number after the last symbol of {@link coefficient}. */
  value = 0;

  /** Starts at a byte of a file. */
  open(bytes: Uint8Array, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#held = 0;
    this.#count = 0;
  }

  /** Lets the file go. */
  close(): void {
    this.open(NOTHING, 0);
  }

  /** Holds 25 to 32 bits, or all that the scan has. */
  #fill(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let held = this.#held;
    let count = this.#count;
    while (count <= 24 && at < bytes.length) {
      const byte = bytes[at] as number;
      if (byte === 0xff && bytes[at + 1] !== 0) break;
      at += byte === 0xff ? 2 : 1;
      held = (held << 8) | byte;
      count += 8;
    }
    this.#at = at;
    this.#held = held;
    this.#count = count;
  }

  /** Moves past bits that were looked at. */
  #skip(count: number): void {
    if (count > this.#count) throw new FormatError('a JPEG that ends early, within a scan');
    this.#count -= count;
  }

  /** An unsigned number of 1 to 16 bits. */
  bits(count: number): number {
    if (this.#count < count) this.#fill();
    this.#skip(count);
    return (this.#held >> this.#count) & ((1 << count) - 1);
  }

  /** A number of `size` bits with its sign. */
  signed(size: number): number {
    return extended(this.bits(size), size);
  }

  /** The next symbol of a table. */
  symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const surplus = this.#count - 16;
    // Near the end of the scan, zeros stand in for the bits after it.
    const next = (surplus < 0 ? this.#held << -surplus : this.#held >> surplus) & 0xffff;
    const entry = table[next >> (16 - FAST)] as number;
    if (entry === 0) return this.#longSymbol(table, next);
    this.#skip(entry >> 8);
    return entry & 255;
  }

  /** The next symbol of a table. The signed number after it, whose bits the last four of the symbol count, is then the `value`. */
  coefficient(table: HuffmanTable): number {
    if (this.#count < MOST_FAST) this.#fill();
    const count = this.#count;
    const entry = count < MOST_FAST ? 0 : (table[(this.#held >> (count - FAST)) & ((1 << FAST) - 1)] as number);
    if (entry === 0) {
      const symbol = this.symbol(table);
      this.value = (symbol & 15) > 0 ? this.signed(symbol & 15) : 0;
      return symbol;
    }
    const size = entry & 15;
    const rest = count - (entry >> 8) - size;
    this.#count = rest;
    this.value = extended((this.#held >> rest) & ((1 << size) - 1), size);
    return entry & 255;
  }

  #longSymbol(table: HuffmanTable, next: number): number {
    let length = FAST + 1;
    while (length <= 16 && next >> (16 - length) > (table[LARGEST + length] as number)) length += 1;
    if (length > 16) throw new FormatError('a damaged JPEG: an impossible Huffman code');
    this.#skip(length);
    return table[SYMBOLS + (next >> (16 - length)) + (table[OFFSET + length] as number)] as number;
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
