// Unpacking of TIFF strips and tiles: none, LZW, deflate, PackBits (TIFF 6.0, sections 9 and 13; Adobe's technical note 3).
import { unzlibSync } from 'fflate';

/** Unpacks PackBits runs until `out` is full or the input ends; returns how much was filled. */
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

/** Unpacks LZW codes of 9 to 12 bits, most significant bit first. The table holds each string as its forerunner and its last byte. */
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
      throw new RangeError(`LZW code ${code}`);
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

/** Fills `out` with the unpacked bytes of a strip or tile. Throws a RangeError if there are too few, or the packing is another. */
export function unpackStrip(packed: Uint8Array, compression: number, out: Uint8Array): void {
  let filled: number;
  if (compression === 1) {
    filled = Math.min(packed.length, out.length);
    out.set(packed.subarray(0, filled));
  } else if (compression === 5) filled = unpackLzw(packed, out);
  else if (compression === 8 || compression === 32946) filled = unzlibSync(packed, { out }).length;
  else if (compression === 32773) filled = unpackBits(packed, out);
  else throw new RangeError(`TIFF compression ${compression}`);
  if (filled < out.length) throw new RangeError(`${filled} of ${out.length} bytes of a strip`);
}
