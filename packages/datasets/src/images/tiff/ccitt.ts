// Fax compression of bilevel images: modified Huffman, T.4 (one- and two-dimensional) and T.6 (ITU-T T.4, T.6; TIFF 6.0, section 10 and 11).
import { FormatError } from '../bytes.ts';

// Codes by run length: 0 to 63, then multiples of 64 up to 1728.
const WHITE = `00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101 101010 101011 0100111 0001100
0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010 00010011 00010100 00010101
00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101
00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100
11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 011001101 011010010 011010011 011010100 011010101
011010110 011010111 011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000 010011011`;
const BLACK = `0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 000011000 0000010111 0000011000
0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100 000011001101
000001101000 000001101001 000001101010 000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 000001101100
000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111 000001100100 000001100101 000001010010 000001010011
000000100100 000000110111 000000111000 000000100111 000000101000 000001011000 000001011001 000000101011 000000101100 000001011010 000001100110
000001100111
0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101 0000001001010 0000001001011
0000001001100 0000001001101 0000001110010 0000001110011 0000001110100 0000001110101 0000001110110 0000001110111 0000001010010 0000001010011
0000001010100 0000001010101 0000001011010 0000001011011 0000001100100 0000001100101`;
/** Multiples of 64 from 1792 to 2560, for both colors. */
const LONG = `00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110 000000010111 000000011100
000000011101 000000011110 000000011111`;

/** What the next bits of a two-dimensional row mean: a vertical offset of -3 to 3, or one of these. */
const [PASS, HORIZONTAL] = [8, 9];
const MODES = [
  ['0001', PASS],
  ['001', HORIZONTAL],
  ['1', 0],
  ['011', 1],
  ['000011', 2],
  ['0000011', 3],
  ['010', -1],
  ['000010', -2],
  ['0000010', -3],
] as const;

const LONGEST = 13;

/** For the next 13 bits: the code's length << 16 | its value + 16; 0 where there is no such code. */
function lookup(codes: readonly (readonly [string, number])[]): Uint32Array {
  const table = new Uint32Array(1 << LONGEST);
  for (const [code, value] of codes) {
    const first = Number.parseInt(code, 2) << (LONGEST - code.length);
    table.fill((code.length << 16) | (value + 16), first, first + (1 << (LONGEST - code.length)));
  }
  return table;
}

const runCodes = (text: string) => text.split(/\s+/).map((code, i) => [code, i < 64 ? i : 64 * (i - 63)] as const);
const longCodes = LONG.split(/\s+/).map((code, i) => [code, 1792 + 64 * i] as const);

let tables: { readonly white: Uint32Array; readonly black: Uint32Array; readonly modes: Uint32Array } | undefined;
const loadTables = () => {
  tables ??= {
    white: lookup([...runCodes(WHITE), ...longCodes]),
    black: lookup([...runCodes(BLACK), ...longCodes]),
    modes: lookup(MODES),
  };
  return tables;
};

class FaxReader {
  readonly #bytes: Uint8Array;
  #bit = 0;
  readonly #tables = loadTables();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #peek(): number {
    const at = this.#bit >> 3;
    const [a = 0, b = 0, c = 0] = [this.#bytes[at], this.#bytes[at + 1], this.#bytes[at + 2]];
    return (((a << 16) | (b << 8) | c) >> (24 - LONGEST - (this.#bit & 7))) & ((1 << LONGEST) - 1);
  }

  #code(table: Uint32Array): number {
    const entry = table[this.#peek()] as number;
    if (entry === 0) throw new FormatError('fax-compressed data with an impossible code');
    this.#bit += entry >> 16;
    if (this.#bit > 8 * this.#bytes.length) throw new FormatError('fax-compressed data that ends early');
    return (entry & 0xffff) - 16;
  }

  mode(): number {
    return this.#code(this.#tables.modes);
  }

  /** The length of a run: any number of multiples of 64, then the rest. */
  run(black: boolean): number {
    const table = black ? this.#tables.black : this.#tables.white;
    let total = 0;
    for (;;) {
      const length = this.#code(table);
      total += length;
      if (length < 64) return total;
    }
  }

  /** Moves past an end-of-line code and the zeros before it, if the next bits are one. */
  skipEndOfLine(): void {
    if (this.#peek() >> (LONGEST - 11) !== 0) return;
    let bit = this.#bit + 11;
    const end = 8 * this.#bytes.length;
    while (bit < end && (((this.#bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1) === 0) bit += 1;
    if (bit >= end) throw new FormatError('fax-compressed data that ends early');
    this.#bit = bit + 1;
  }

  bit(): number {
    if (this.#bit >= 8 * this.#bytes.length) throw new FormatError('fax-compressed data that ends early');
    const value = ((this.#bytes[this.#bit >> 3] as number) >> (7 - (this.#bit & 7))) & 1;
    this.#bit += 1;
    return value;
  }

  alignToByte(): void {
    this.#bit = (this.#bit + 7) & ~7;
  }
}

/** Where colors change in a row, beginning with the first black pixel; padded with the width. */
type Changes = number[];

function readOneDimensional(reader: FaxReader, width: number, out: Changes): void {
  out.length = 0;
  for (let at = 0, black = false; at < width; black = !black) {
    at += reader.run(black);
    if (at > width) throw new FormatError('a fax-compressed row that is too long');
    out.push(at);
  }
}

function readTwoDimensional(reader: FaxReader, width: number, above: Changes, out: Changes): void {
  out.length = 0;
  let [at, black, next] = [-1, false, 0];
  while (at < width) {
    // The first change above that is right of the current place and to the other color.
    while (next > 0 && (above[next - 1] ?? width) > at) next -= 1;
    while ((above[next] ?? width) <= at && (above[next] ?? width) < width) next += 1;
    if ((next & 1) !== (black ? 1 : 0)) next += 1;
    const b1 = above[next] ?? width;
    const mode = reader.mode();
    if (mode === PASS) at = above[next + 1] ?? width;
    else if (mode === HORIZONTAL) {
      const first = Math.max(at, 0) + reader.run(black);
      at = first + reader.run(!black);
      if (at > width) throw new FormatError('a fax-compressed row that is too long');
      out.push(first, at);
    } else {
      const change = b1 + mode;
      if (change < Math.max(at, 0) || change > width) throw new FormatError('a fax-compressed row that turns back');
      at = change;
      out.push(at);
      black = !black;
    }
  }
}

/** Writes a row's black pixels as ones. */
function paint(changes: Changes, width: number, out: Uint8Array): void {
  out.fill(0);
  for (let i = 0; i < changes.length; i += 2) {
    const end = Math.min(changes[i + 1] ?? width, width);
    for (let x = changes[i] as number; x < end; x++) out[x >> 3] = (out[x >> 3] as number) | (0x80 >> (x & 7));
  }
}

/**
 * Unpacks rows of one bit per pixel, black as 1.
 *
 * @param compression 2, 3 or 4, as in a TIFF file
 * @param options the tag T4Options, for compression 3
 */
export function unpackFax(
  packed: Uint8Array,
  compression: number,
  options: number,
  width: number,
  out: Uint8Array,
): void {
  const reader = new FaxReader(packed);
  const rowBytes = Math.ceil(width / 8);
  let [above, current]: [Changes, Changes] = [[], []];
  for (let at = 0; at < out.length; at += rowBytes) {
    let twoDimensional = compression === 4;
    if (compression === 3) {
      reader.skipEndOfLine();
      twoDimensional = (options & 1) === 1 && reader.bit() === 0;
    } else if (compression === 2) reader.alignToByte();
    if (twoDimensional) readTwoDimensional(reader, width, above, current);
    else readOneDimensional(reader, width, current);
    paint(current, width, out.subarray(at, at + rowBytes));
    [above, current] = [current, above];
  }
}
