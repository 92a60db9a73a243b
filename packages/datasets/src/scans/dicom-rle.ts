// Run-length encoded DICOM frames (PS3.5 annex G).
import { ByteReader, FormatError } from '../images/bytes.ts';
import { checkClaim } from '../images/header.ts';
import type { PixelLayout } from './dicom-layout.ts';

/** Two bytes stand for at most 128. */
const MOST_REPEATED = 64;

/** Unpacks one segment into every `step`-th byte of `out`. */
function unpackSegment(packed: Uint8Array, out: Uint8Array, first: number, step: number, count: number): void {
  let [from, done] = [0, 0];
  while (done < count && from < packed.length) {
    const head = packed[from++] as number;
    if (head === 128) continue;
    const length = Math.min(head < 128 ? head + 1 : 257 - head, count - done);
    const repeated = head > 128;
    if (from + (repeated ? 1 : length) > packed.length) break;
    for (let i = 0, to = first + done * step; i < length; i++, to += step)
      out[to] = packed[repeated ? from : from + i] as number;
    from += repeated ? 1 : head + 1;
    done += length;
  }
  if (done < count)
    throw new FormatError(
      `data for ${done}`,
      `run-length encoded data for ${count} pixels`,
      'Copy the file again from its source.',
    );
}

export const rleHeader = (packed: Uint8Array) => {
  const reader = new ByteReader(packed, true);
  return { segments: packed.length < 64 ? 0 : reader.u32(0), first: packed.length < 64 ? 0 : reader.u32(4) };
};

/** The bytes of a frame, one segment for each byte of each sample, the high byte first, as little-endian words, sample after sample. */
export function unpackRle(packed: Uint8Array, { rows, columns, samples, allocated }: PixelLayout): Uint8Array {
  const [width, pixels] = [allocated / 8, rows * columns];
  const { segments } = rleHeader(packed);
  if (segments !== samples * width)
    throw new FormatError(`${segments}`, `${samples * width} run-length encoded segments`);
  checkClaim(pixels * segments, packed.length, MOST_REPEATED);
  const reader = new ByteReader(packed, true);
  const out = new Uint8Array(pixels * segments);
  for (let s = 0; s < segments; s++) {
    const start = reader.u32(4 + 4 * s);
    const end = s + 1 < segments ? reader.u32(8 + 4 * s) : packed.length;
    if (start < 64 || end < start || end > packed.length)
      throw new FormatError(
        `one from byte ${start} to ${end} of ${packed.length}`,
        'run-length encoded segments within the frame',
      );
    const [sample, byte] = [Math.floor(s / width), width - 1 - (s % width)];
    unpackSegment(packed.subarray(start, end), out, sample * width + byte, segments, pixels);
  }
  return out;
}
