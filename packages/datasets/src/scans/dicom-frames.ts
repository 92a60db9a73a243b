// The stored values of a DICOM frame: raw words, or run-length encoded bytes (PS3.5, annexes A and G).
import type { DataSet, Element } from 'dicom-parser';
import { ImageError } from '../errors.ts';
import { ByteReader } from '../images/bytes.ts';
import { checkClaim } from '../images/header.ts';
import type { PixelLayout } from './dicom.ts';

type Dicom = typeof import('dicom-parser');

const RLE = '1.2.840.10008.1.2.5';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const UNCOMPRESSED: readonly string[] = [
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.1.99',
  BIG_ENDIAN,
];

/** Where the frames of encapsulated pixel data begin; files without the table get one by looking for JPEG's end marks. */
export const frameOffsets = (dicom: Dicom, data: DataSet, element: Element): number[] =>
  element.basicOffsetTable?.length ? element.basicOffsetTable : dicom.createJPEGBasicOffsetTable(data, element);

/** Unpacks one run-length encoded segment. */
function unpackSegment(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let from = 0, to = 0; from < packed.length && to < length; ) {
    const head = packed[from++] as number;
    if (head < 128) {
      out.set(packed.subarray(from, Math.min(from + head + 1, from + length - to)), to);
      from += head + 1;
      to += head + 1;
    } else if (head > 128) {
      out.fill(packed[from++] ?? 0, to, Math.min(to + 257 - head, length));
      to += 257 - head;
    }
  }
  return out;
}

/** A run-length encoded frame: one segment for each byte of each sample, the high byte first. Returns little-endian words, sample after sample. */
function unpackRle(packed: Uint8Array, { rows, columns, samples, allocated }: PixelLayout): Uint8Array {
  const reader = new ByteReader(packed, true);
  const [segments, width, pixels] = [reader.u32(0), allocated / 8, rows * columns];
  if (segments !== samples * width)
    throw new RangeError(`${segments} segments for ${samples} samples of ${allocated} bits`);
  // A run of two bytes stands for at most 128.
  checkClaim(pixels * samples * width, packed.length, 64);
  const out = new Uint8Array(pixels * samples * width);
  for (let s = 0; s < segments; s++) {
    const start = reader.u32(4 + 4 * s);
    const end = s + 1 < segments ? reader.u32(8 + 4 * s) : packed.length;
    const plane = unpackSegment(reader.part(start, end - start), pixels);
    const [sample, byte] = [Math.floor(s / width), width - 1 - (s % width)];
    for (let i = 0; i < pixels; i++) out[(i * samples + sample) * width + byte] = plane[i] as number;
  }
  return out;
}

/** Words as stored values: only the low `stored` bits count, the highest of them is the sign where there is one. */
function words(bytes: Uint8Array, littleEndian: boolean, { allocated, stored, signed }: PixelLayout): Int32Array {
  const reader = new ByteReader(bytes, littleEndian);
  const count = Math.floor(bytes.length / (allocated / 8));
  const spare = 32 - stored;
  const out = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const word = allocated === 8 ? (bytes[i] as number) : reader.u16(2 * i);
    out[i] = signed ? (word << spare) >> spare : (word << spare) >>> spare;
  }
  return out;
}

/** The stored values of a frame, samples interleaved. */
export function readFrame(
  dicom: Dicom,
  data: DataSet,
  element: Element,
  layout: PixelLayout,
  frame: number,
  name: string,
): Int32Array {
  const { rows, columns, samples, allocated, stored, planar, transferSyntax } = layout;
  if (![8, 16].includes(allocated) || stored < 1 || stored > allocated || samples < 1 || samples > 4)
    throw new ImageError(name, '8 or 16 bits allocated', `${samples} samples of ${stored} of ${allocated} bits`);
  const values = rows * columns * samples;
  if (transferSyntax === RLE) {
    const offsets = frameOffsets(dicom, data, element);
    const packed = element.basicOffsetTable?.length
      ? dicom.readEncapsulatedImageFrame(data, element, frame, offsets)
      : dicom.readEncapsulatedPixelDataFromFragments(data, element, frame);
    return words(unpackRle(packed as Uint8Array, layout), true, layout);
  }
  if (!UNCOMPRESSED.includes(transferSyntax))
    throw new ImageError(
      name,
      'uncompressed, run-length encoded or baseline JPEG pixels',
      `transfer syntax ${transferSyntax}; decompress it first, for example with gdcmconv --raw`,
    );
  const length = (values * allocated) / 8;
  const source = new ByteReader(data.byteArray as Uint8Array, true);
  if ((frame + 1) * length > element.length) throw new RangeError(`${element.length} bytes of pixels`);
  const read = words(source.part(element.dataOffset + frame * length, length), transferSyntax !== BIG_ENDIAN, layout);
  return planar && samples > 1 ? interleave(read, samples) : read;
}

function interleave(planes: Int32Array, samples: number): Int32Array {
  const pixels = planes.length / samples;
  return Int32Array.from(planes, (_, i) => planes[(i % samples) * pixels + Math.floor(i / samples)] as number);
}
