// Compression methods of TIFF strips and tiles by their number, and unpacking of PackBits and LZW (TIFF 6.0, sections 9 and 13).
import { FormatError } from '../bytes.ts';

/** Methods that are refused by name. */
const UNSUPPORTED: Readonly<Record<number, string>> = {
  6: 'old-style JPEG',
  9: 'JBIG',
  10: 'JBIG',
  22610: 'JPEG XR',
  32766: 'NeXT',
  32771: 'CCITT RLE with words',
  32809: 'ThunderScan',
  33003: 'JPEG 2000 (Aperio, YCbCr)',
  33004: 'JPEG 2000 (lossy)',
  33005: 'JPEG 2000 (Aperio, RGB)',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG of DNG',
  34925: 'LZMA',
  34927: 'WebP',
  34933: 'PNG',
  34934: 'JPEG XR',
  50000: 'Zstandard',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};

/** The error for a compression method that is not read. */
export const unsupportedCompression = (compression: number): FormatError =>
  new FormatError(
    `TIFF compression ${compression}${UNSUPPORTED[compression] ? ` (${UNSUPPORTED[compression]})` : ''}`,
    'a TIFF file that is uncompressed or packed with LZW, deflate, PackBits, JPEG or CCITT',
    'Save it with LZW or deflate compression, or as PNG.',
  );

/** Unpacks PackBits runs until `out` is full or the input ends; returns the number of bytes written. */
function unpackBits(packed: Uint8Array, out: Uint8Array): number {
  let [from, to] = [0, 0];
  while (from < packed.length && to < out.length) {
    const head = packed[from++] as number;
    if (head === 128) continue;
    const count = Math.min(head < 128 ? head + 1 : 257 - head, out.length - to);
    if (head < 128) {
      out.set(packed.subarray(from, from + count), to);
      from += count;
    } else out.fill(packed[from++] ?? 0, to, to + count);
    to += count;
  }
  return to;
}

const [CLEAR, END] = [256, 257];

/** Unpacks LZW codes of 9 to 12 bits, most significant bit first. The table holds each string as its prefix and its last byte. */
function unpackLzw(packed: Uint8Array, out: Uint8Array): number {
  const prefix = new Uint16Array(4096);
  const suffix = new Uint8Array(4096);
  const lengths = new Uint16Array(4096).fill(1, 0, 256);
  for (let i = 0; i < 256; i++) suffix[i] = i;
  let [next, width, previous] = [258, 9, -1];
  let [bits, held, from, to] = [0, 0, 0, 0];
  while (to < out.length) {
    while (held < width && from < packed.length) {
      bits = ((bits << 8) | (packed[from++] as number)) & 0xffffff;
      held += 8;
    }
    if (held < width) break;
    const code = (bits >> (held - width)) & ((1 << width) - 1);
    held -= width;
    if (code === END) break;
    if (code === CLEAR) {
      [next, width, previous] = [258, 9, -1];
      continue;
    }
    if (code > next || (code === next && previous < 0) || (code < next && code > 255 && code < 258))
      throw new FormatError('LZW data with an impossible code');
    // The string not yet in the table is the last one and its own first byte.
    const known = code < next ? code : previous;
    let length = lengths[known] as number;
    const total = code < next ? length : length + 1;
    let walk = known;
    for (let i = to + length - 1; length > 0; i--, length--) {
      if (i < out.length) out[i] = suffix[walk] as number;
      walk = prefix[walk] as number;
    }
    const first = out[to] as number;
    if (code >= next && to + total - 1 < out.length) out[to + total - 1] = first;
    to += total;
    if (previous >= 0 && next < 4096) {
      prefix[next] = previous;
      suffix[next] = first;
      lengths[next] = (lengths[previous] as number) + 1;
      next += 1;
      // TIFF widens its codes one early.
      if (next === (1 << width) - 1 && width < 12) width += 1;
    }
    previous = code;
  }
  return Math.min(to, out.length);
}

/** Fills `out` with the unpacked bytes of a strip or tile. Throws a `FormatError` if there are too few. */
export function unpackRuns(packed: Uint8Array, compression: 5 | 32773, out: Uint8Array): void {
  if (compression === 5 && packed[0] === 0 && ((packed[1] ?? 0) & 1) === 1)
    throw new FormatError('LZW data in the bit order of TIFF 5.0; save it again');
  const filled = compression === 5 ? unpackLzw(packed, out) : unpackBits(packed, out);
  if (filled < out.length) throw new FormatError('compressed data that ends early');
}
