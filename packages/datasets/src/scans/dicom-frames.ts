// The stored values of a DICOM frame: uncompressed words and bits, or the compressed bytes of the frame (PS3.5 section 8 and annex A).

import { FormatError } from '../images/bytes.ts';
import type { DicomDataSet } from './dicom-file.ts';
import type { PixelLayout, StoredFrame } from './dicom-layout.ts';
import { rleHeader } from './dicom-rle.ts';

const [PIXELS, FLOATS, DOUBLES] = [0x7fe00010, 0x7fe00008, 0x7fe00009];
const BIG_ENDIAN = ['1.2.840.10008.1.2.2', '1.2.840.113619.5.2'];

/** Whether compressed data begins a frame: the start of JPEG and JPEG 2000 files, or a run-length header of the expected segments. */
function beginsFrame(fragment: Uint8Array, { samples, allocated }: PixelLayout): boolean {
  const [a, b] = fragment;
  if (a === 0xff && (b === 0xd8 || b === 0x4f)) return true;
  if (a === 0 && fragment[4] === 0x6a && fragment[5] === 0x50) return true;
  const { segments, first } = rleHeader(fragment);
  return first === 64 && segments === samples * (allocated / 8);
}

/** Where frames begin by the table in the file, as the number of fragments before each; `undefined` if it has none that fits. */
function tableStarts(data: DicomDataSet, fragments: readonly (readonly [number, number])[], frames: number) {
  const [table, ...rest] = fragments;
  const first = rest[0]?.[0];
  if (!table || first === undefined) return undefined;
  const extended = data.value(0x7fe00001);
  const bytes = extended?.length ? extended : data.bytes.subarray(table[0], table[0] + table[1]);
  const width = extended?.length ? 8 : 4;
  if (bytes.length < width * frames) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const byOffset = new Map(rest.map(([at], index) => [at - first, index]));
  const starts: number[] = [];
  for (let i = 0; i < frames; i++) {
    const offset = width === 8 ? Number(view.getBigUint64(8 * i, true)) : view.getUint32(4 * i, true);
    const start = byOffset.get(offset);
    if (start === undefined || start <= (starts.at(-1) ?? -1)) return undefined;
    starts.push(start);
  }
  return starts[0] === 0 ? starts : undefined;
}

/** The compressed bytes of a frame: its fragments, joined. */
export function compressedFrame(data: DicomDataSet, layout: PixelLayout, frame: number, frames: number): Uint8Array {
  const all = data.get(PIXELS)?.fragments;
  if (!all)
    throw new FormatError('pixel data without', 'compressed pixel data in fragments', 'Check the transfer syntax.');
  const fragments = all.slice(1).map(([at, length]) => data.bytes.subarray(at, at + length));
  let starts = tableStarts(data, all, frames);
  if (!starts) {
    if (frames === 1) starts = [0];
    else if (fragments.length === frames) starts = fragments.map((_, i) => i);
    else starts = fragments.flatMap((fragment, i) => (beginsFrame(fragment, layout) ? [i] : []));
  }
  if (starts.length !== frames || fragments.length === 0)
    throw new FormatError(
      `${starts.length} in ${fragments.length} fragments`,
      `compressed data of ${frames} ${frames === 1 ? 'frame' : 'frames'}`,
    );
  const parts = fragments.slice(starts[frame], starts[frame + 1]);
  if (parts.length === 1) return parts[0] as Uint8Array;
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The words of a sample as its value: only the stored bits count, the highest of them being the sign of signed values. */
export function storedValues(bytes: Uint8Array, littleEndian: boolean, layout: PixelLayout): StoredFrame['values'] {
  const { allocated, stored, highBit, signed } = layout;
  if (allocated === 8 && stored === 8)
    return signed ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  const count = bytes.length / (allocated / 8);
  const types = { 8: [Uint8Array, Int8Array], 16: [Uint16Array, Int16Array], 32: [Uint32Array, Int32Array] } as const;
  const out = new types[allocated as 8 | 16 | 32][signed ? 1 : 0](count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [left, right] = [31 - highBit, 32 - stored];
  for (let i = 0; i < count; i++) {
    const word =
      allocated === 8
        ? (bytes[i] as number)
        : allocated === 16
          ? view.getUint16(2 * i, littleEndian)
          : view.getInt32(4 * i, littleEndian);
    out[i] = signed ? (word << left) >> right : (word << left) >>> right;
  }
  return out;
}

/** Planes of samples as interleaved samples. */
export function interleave<T extends StoredFrame['values']>(planes: T, samples: number): T {
  const pixels = planes.length / samples;
  const out = planes.slice() as T;
  for (let c = 0; c < samples; c++)
    for (let i = 0; i < pixels; i++) out[i * samples + c] = planes[c * pixels + i] as number;
  return out;
}

/** A frame of bits, packed from the lowest bit of each byte on, across frames. */
function bitFrame(bytes: Uint8Array, frame: number, pixels: number): Uint8Array {
  const out = new Uint8Array(pixels);
  for (let i = 0, bit = frame * pixels; i < pixels; i++, bit++) out[i] = ((bytes[bit >> 3] as number) >> (bit & 7)) & 1;
  return out;
}

/** Two pixels share a pair of chroma samples: Y1 Y2 B R (PS3.3 section C.7.6.3.1.2). */
function expand422(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array((bytes.length / 2) * 3);
  for (let from = 0, to = 0; from < bytes.length; from += 4)
    for (const y of [0, 1]) {
      out[to++] = bytes[from + y] as number;
      out[to++] = bytes[from + 2] as number;
      out[to++] = bytes[from + 3] as number;
    }
  return out;
}

/** The stored values of an uncompressed frame. */
export function nativeFrame(data: DicomDataSet, layout: PixelLayout, frame: number): StoredFrame {
  const { rows, columns, samples, allocated, planar, photometric, stored } = layout;
  const tag = [PIXELS, FLOATS, DOUBLES].find((candidate) => data.get(candidate)) as number;
  const attribute = data.get(tag);
  if (attribute?.fragments) throw new FormatError('fragments', 'uncompressed pixel data', 'Check the transfer syntax.');
  const subsampled = photometric === 'YBR_FULL_422';
  if (subsampled && (samples !== 3 || allocated !== 8 || columns % 2 !== 0 || planar))
    throw new FormatError(
      `${columns} columns of ${allocated} bits`,
      'YBR_FULL_422 of 8 bits, interleaved, with an even number of columns',
    );
  const bits = rows * columns * (subsampled ? 2 : samples) * allocated;
  const bytes = data.value(tag) as Uint8Array;
  const needed = Math.ceil(((frame + 1) * bits) / 8);
  if (bytes.length < needed)
    throw new FormatError(`${bytes.length}`, `${needed} bytes of pixel data`, 'Copy the file again from its source.');
  if (allocated === 1) {
    if (samples !== 1) throw new FormatError(`${samples} samples`, 'one sample of 1 bit');
    return { values: bitFrame(bytes, frame, rows * columns), photometric, bits: 1 };
  }
  const littleEndian = !BIG_ENDIAN.includes(layout.transferSyntax);
  const size = bits / 8;
  let own = bytes.subarray(frame * size, (frame + 1) * size);
  if (tag !== PIXELS) return { values: floats(own, littleEndian, allocated), photometric, bits: allocated };
  // Single bytes in words with the high byte first come in swapped pairs.
  if (!littleEndian && allocated === 8 && attribute?.vr !== 'OB')
    own = Uint8Array.from({ length: size }, (_, i) => bytes[(frame * size + i) ^ 1] ?? 0);
  if (subsampled) return { values: expand422(own), photometric: 'YBR_FULL', bits: 8 };
  const values = storedValues(own, littleEndian, layout);
  return { values: planar && samples > 1 ? interleave(values, samples) : values, photometric, bits: stored };
}

function floats(bytes: Uint8Array, littleEndian: boolean, bits: number): Float32Array | Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bits === 32)
    return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, littleEndian));
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, littleEndian));
}
