// Deflate (RFC 1951) and gzip (RFC 1952), decompressed piece by piece: bounded memory, verified checksums, the exact end of the stream.
// fflate, which the package uses elsewhere, verifies no checksum, does not report where a stream ends, and takes four times as long
// over the long runs of label volumes.
import { FormatError } from '../images/bytes.ts';

/** Receives decompressed bytes in order; the view is reused, so copy what you keep. Returns false to stop early. */
export type Sink = (piece: Uint8Array) => boolean;

/** How far back a match may reach. */
const HISTORY = 1 << 15;
const PIECE = 1 << 18;
const LONGEST_MATCH = 258;

/** Order in which a dynamic block stores the lengths of its code-length codes. */
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Base values of length and distance symbols: each `step` symbols, one more extra bit. */
function bases(first: number, symbols: number, step: number, unextended: number) {
  const base = new Uint16Array(symbols);
  const extra = new Uint8Array(symbols);
  for (let i = 0, value = first; i < symbols; i++) {
    extra[i] = i < unextended ? 0 : Math.floor((i - unextended) / step) + 1;
    base[i] = value;
    value += 1 << (extra[i] as number);
  }
  return { base, extra };
}
const LENGTHS = bases(3, 29, 4, 8);
LENGTHS.base[28] = LONGEST_MATCH;
LENGTHS.extra[28] = 0;
const DISTANCES = bases(1, 30, 2, 4);

const damaged = (detail: string) => new FormatError(`damaged data: ${detail}`, 'intact compressed data');

/** A table indexed by the next `bits` bits of the stream: symbol times 16 plus the length of its code, 0 where no code fits. */
interface Codes {
  readonly table: Uint16Array;
  readonly bits: number;
}

function codesOf(lengths: Uint8Array): Codes {
  let bits = 0;
  const counts = new Uint16Array(16);
  for (const length of lengths) {
    counts[length] = (counts[length] as number) + 1;
    if (length > bits) bits = length;
  }
  const next = new Uint16Array(17);
  let code = 0;
  for (let length = 1; length <= bits; length++) {
    next[length] = code;
    code += counts[length] as number;
    if (code > 1 << length) throw damaged('an impossible Huffman code');
    code <<= 1;
  }
  const table = new Uint16Array(1 << bits);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    if (length === 0) continue;
    let reversed = 0;
    let value = next[length] as number;
    next[length] = value + 1;
    for (let i = 0; i < length; i++, value >>= 1) reversed = (reversed << 1) | (value & 1);
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
  }
  return { table, bits };
}

let fixed: { readonly literals: Codes; readonly distances: Codes } | undefined;

function fixedCodes() {
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  fixed ??= { literals: codesOf(lengths), distances: codesOf(new Uint8Array(30).fill(5)) };
  return fixed;
}

/**
 * Decompresses a raw deflate stream that begins at byte `start`, and returns the position after it, or `undefined` if the sink stopped early.
 * Throws `FormatError` for damaged or incomplete data.
 */
export function inflate(bytes: Uint8Array, start: number, sink: Sink): number | undefined {
  const out = new Uint8Array(HISTORY + PIECE + LONGEST_MATCH);
  const limit = HISTORY + PIECE;
  let [to, flushed] = [0, 0];
  let [at, held, heldBits] = [start, 0, 0];

  /** Hands over what is new and keeps the history; false to stop. */
  const flush = (): boolean => {
    const more = to === flushed || sink(out.subarray(flushed, to));
    const kept = Math.min(to, HISTORY);
    out.copyWithin(0, to - kept, to);
    [to, flushed] = [kept, kept];
    return more;
  };
  // Past the end come zeros: a code may be shorter than the bits looked ahead. `overrun` notices when they were used.
  const need = (count: number) => {
    while (heldBits < count) {
      held |= (at < bytes.length ? (bytes[at] as number) : 0) << heldBits;
      at++;
      heldBits += 8;
    }
  };
  const take = (count: number): number => {
    need(count);
    const value = held & ((1 << count) - 1);
    held >>>= count;
    heldBits -= count;
    return value;
  };
  const symbolOf = ({ table, bits }: Codes): number => {
    need(bits);
    const entry = table[held & ((1 << bits) - 1)] as number;
    const length = entry & 15;
    if (length === 0) throw damaged('an unknown Huffman code');
    held >>>= length;
    heldBits -= length;
    return entry >> 4;
  };
  const overrun = () => at - (heldBits >> 3) > bytes.length;

  const dynamicCodes = () => {
    const [literals, distances, count] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const codeLengths = new Uint8Array(19);
    for (let i = 0; i < count; i++) codeLengths[CODE_ORDER[i] as number] = take(3);
    const codes = codesOf(codeLengths);
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length; ) {
      const symbol = symbolOf(codes);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      const repeat = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
      if ((symbol === 16 && i === 0) || i + repeat > lengths.length) throw damaged('impossible code lengths');
      if (symbol === 16) lengths.fill(lengths[i - 1] as number, i, i + repeat);
      i += repeat;
    }
    return { literals: codesOf(lengths.subarray(0, literals)), distances: codesOf(lengths.subarray(literals)) };
  };

  /** A stored block, false to stop. */
  const copyStored = (): boolean => {
    take(heldBits & 7);
    const [length, inverted] = [take(16), take(16)];
    if ((length ^ inverted) !== 0xffff) throw damaged('a stored block of contradictory length');
    // What is held are whole bytes, which have not been used.
    at -= heldBits >> 3;
    [held, heldBits] = [0, 0];
    if (at + length > bytes.length) throw damaged('it ends early');
    for (let left = length; left > 0; ) {
      const part = Math.min(left, limit - to);
      out.set(bytes.subarray(at, at + part), to);
      to += part;
      at += part;
      left -= part;
      if (to >= limit && !flush()) return false;
    }
    return true;
  };

  for (let last = 0; !last; ) {
    last = take(1);
    const kind = take(2);
    if (kind === 3) throw damaged('an unknown kind of block');
    if (kind === 0) {
      if (!copyStored()) return undefined;
      continue;
    }
    const { literals, distances } = kind === 1 ? fixedCodes() : dynamicCodes();
    for (;;) {
      const symbol = symbolOf(literals);
      if (symbol < 256) out[to++] = symbol;
      else if (symbol === 256) break;
      else {
        if (symbol > 285) throw damaged('an unknown match length');
        const length = (LENGTHS.base[symbol - 257] as number) + take(LENGTHS.extra[symbol - 257] as number);
        const far = symbolOf(distances);
        if (far > 29) throw damaged('an unknown match distance');
        const distance = (DISTANCES.base[far] as number) + take(DISTANCES.extra[far] as number);
        if (distance > to) throw damaged('a match before its beginning');
        if (distance >= length) out.copyWithin(to, to - distance, to - distance + length);
        else if (distance === 1) out.fill(out[to - 1] as number, to, to + length);
        else for (let i = to; i < to + length; i++) out[i] = out[i - distance] as number;
        to += length;
      }
      if (to >= limit) {
        if (overrun()) throw damaged('it ends early');
        if (!flush()) return undefined;
      }
    }
    if (overrun()) throw damaged('it ends early');
  }
  if (!flush()) return undefined;
  return at - (heldBits >> 3);
}

/** Tables of the CRC-32 of gzip for eight bytes at a time. */
const CRC = Array.from({ length: 8 }, () => new Int32Array(256));
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  (CRC[0] as Int32Array)[i] = value;
}
for (let i = 0; i < 256; i++)
  for (let t = 1; t < 8; t++) {
    const value = (CRC[t - 1] as Int32Array)[i] as number;
    (CRC[t] as Int32Array)[i] = (value >>> 8) ^ ((CRC[0] as Int32Array)[value & 255] as number);
  }

/** The CRC-32 of bytes that follow those with the CRC-32 `crc`. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = CRC as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  let value = ~crc;
  let i = 0;
  for (const whole = bytes.length - 7; i < whole; i += 8) {
    value ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    value =
      (t7[value & 255] as number) ^
      (t6[(value >>> 8) & 255] as number) ^
      (t5[(value >>> 16) & 255] as number) ^
      (t4[value >>> 24] as number) ^
      (t3[bytes[i + 4] as number] as number) ^
      (t2[bytes[i + 5] as number] as number) ^
      (t1[bytes[i + 6] as number] as number) ^
      (t0[bytes[i + 7] as number] as number);
  }
  for (; i < bytes.length; i++) value = (value >>> 8) ^ (t0[(value ^ (bytes[i] as number)) & 255] as number);
  return ~value >>> 0;
}

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The position after the header of a gzip member. */
function memberStart(bytes: Uint8Array, start: number): number {
  const flags = bytes[start + 3] as number;
  let at = start + 10;
  if (flags & 4) at += 2 + (bytes[at] as number) + ((bytes[at + 1] as number) << 8);
  // Name and comment end with a zero.
  for (const flag of [8, 16])
    if (flags & flag) {
      while (at < bytes.length && bytes[at] !== 0) at++;
      at++;
    }
  if (flags & 2) at += 2;
  if (bytes[start + 2] !== 8 || !(at < bytes.length)) throw damaged('no whole gzip header');
  return at;
}

/**
 * Decompresses a gzip file of one or several members and checks their checksums. Zeros after the last member are padding, as in Python and
 * gzip. Throws `FormatError` for damaged data. If the sink stops early, nothing after that is checked.
 */
export function gunzip(bytes: Uint8Array, sink: Sink): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; ; ) {
    let [crc, size] = [0, 0];
    const end = inflate(bytes, memberStart(bytes, at), (piece) => {
      crc = crc32(piece, crc);
      size = (size + piece.length) >>> 0;
      return sink(piece);
    });
    if (end === undefined) return;
    if (end + 8 > bytes.length) throw damaged('it ends early');
    if (view.getUint32(end, true) !== crc || view.getUint32(end + 4, true) !== size)
      throw damaged('the checksum of the gzip data is wrong');
    at = end + 8;
    if (!isGzip(bytes.subarray(at))) {
      if (bytes.subarray(at).some((byte) => byte !== 0)) throw damaged('bytes that are no gzip data follow it');
      return;
    }
  }
}
