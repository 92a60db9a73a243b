// Color frames of DICOM files: RGB, YBR and palette (PS3.3, C.7.6.3.1.2).
import type { DataSet } from 'dicom-parser';
import { ImageError } from '../errors.ts';
import type { RasterImage } from '../images/raster.ts';
import type { PixelLayout } from './dicom.ts';

/** A color table of the file as bytes: how many entries, and which value the first stands for. */
function table(data: DataSet, color: 1 | 2 | 3): (value: number) => number {
  const descriptor = `x0028110${color}`;
  const entries = data.uint16(descriptor, 0) || 65536;
  const [first, bits] = [data.uint16(descriptor, 1) ?? 0, data.uint16(descriptor, 2) ?? 16];
  const tag = `x0028120${color}`;
  const length = data.elements[tag]?.length ?? 0;
  // Tables of 8 bits may be packed two to a word.
  const packed = bits === 8 && length < 2 * entries;
  const start = data.elements[tag]?.dataOffset ?? 0;
  return (value) => {
    const index = Math.min(Math.max(value - first, 0), entries - 1);
    if (packed) return data.byteArray[start + index] ?? 0;
    return (data.uint16(tag, index) ?? 0) >> (bits === 8 ? 0 : 8);
  };
}

/** Full-range YBR as RGB. */
function fromYbr([y, b, r]: readonly [number, number, number]): readonly [number, number, number] {
  return [y + 1.402 * (r - 128), y - 0.344136 * (b - 128) - 0.714136 * (r - 128), y + 1.772 * (b - 128)];
}

/** A frame of three samples, or of indices into a palette, as RGB. */
export function colorFrame(data: DataSet, layout: PixelLayout, stored: ArrayLike<number>, name: string): RasterImage {
  const { rows, columns, samples, photometric, stored: bits } = layout;
  const out = new Uint8ClampedArray(rows * columns * 3);
  const shift = Math.max(0, bits - 8);
  if (photometric === 'PALETTE COLOR' && samples === 1) {
    const tables = ([1, 2, 3] as const).map((color) => table(data, color));
    for (let i = 0; i < rows * columns; i++)
      tables.forEach((read, c) => {
        out[3 * i + c] = read(stored[i] as number);
      });
  } else if (samples >= 3 && (photometric === 'RGB' || photometric === 'YBR_FULL')) {
    for (let i = 0; i < rows * columns; i++) {
      const [a, b, c] = [0, 1, 2].map((k) => (stored[i * samples + k] as number) >> shift) as [number, number, number];
      out.set(photometric === 'RGB' ? [a, b, c] : fromYbr([a, b, c]), 3 * i);
    }
  } else
    throw new ImageError(
      name,
      'MONOCHROME1, MONOCHROME2, RGB, YBR_FULL or PALETTE COLOR',
      `${photometric} with ${samples} samples`,
    );
  return { width: columns, height: rows, channels: 3, data: new Uint8Array(out.buffer) };
}
