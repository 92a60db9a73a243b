// EXIF orientation: how a camera was held, and the pixels turned upright.
import { ByteReader } from './bytes.ts';

/** The orientation (1 to 8) in an EXIF block, which is laid out as a TIFF file; 1, upright, where there is none. */
export function exifOrientation(exif: Uint8Array): number {
  try {
    const reader = new ByteReader(exif, exif[0] === 0x49);
    const at = reader.u32(4);
    for (let i = 0; i < reader.u16(at); i++) {
      const entry = at + 2 + 12 * i;
      if (reader.u16(entry) === 0x112) return reader.u16(entry + 8);
    }
  } catch {
    // A broken block says nothing about the pixels.
  }
  return 1;
}

/** Pixels of any integer type, row-major, channels interleaved. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array | Uint32Array;
}

/** Turns pixels upright. Orientations 5 to 8 swap width and height; values outside 2 to 8 change nothing. */
export function orient<P extends Pixels>(image: P, orientation: number): P {
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const { width, height, channels, data } = image;
  const swapped = orientation >= 5;
  const [outWidth, outHeight] = swapped ? [height, width] : [width, height];
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const out = data.slice();
  for (let y = 0, k = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++) {
      const [u, v] = swapped ? [y, x] : [x, y];
      const from = ((mirrorY ? height - 1 - v : v) * width + (mirrorX ? width - 1 - u : u)) * channels;
      for (let c = 0; c < channels; c++) out[k++] = data[from + c] as number;
    }
  return { ...image, width: outWidth, height: outHeight, data: out };
}
