// Image files as pixels, as OpenCV reads them: colour without alpha, or grey.
import { readFile } from 'node:fs/promises';
import { decode as decodeBmp } from 'fast-bmp';
import sharp from 'sharp';
import { ImageError } from '../errors.ts';
import type { RasterImage } from './raster.ts';

/** Larger images are refused before they are decoded. */
export const MAXIMUM_PIXELS = 100_000_000;

const isBmp = (bytes: Uint8Array) => bytes[0] === 0x42 && bytes[1] === 0x4d;

/** OpenCV's grey: (4899·R + 9617·G + 1868·B + 8192) >> 14. */
function toGray({ width, height, data }: RasterImage): RasterImage {
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++)
    grey[i] =
      (4899 * (data[3 * i] as number) +
        9617 * (data[3 * i + 1] as number) +
        1868 * (data[3 * i + 2] as number) +
        8192) >>
      14;
  return { width, height, channels: 1, data: grey };
}

/** Pixels of any channel count as RGB, alpha dropped; 16-bit values lose their low byte. */
function toColor(width: number, height: number, channels: number, data: ArrayLike<number>, shift: number): RasterImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = (data[i * channels + (channels < 3 ? 0 : c)] as number) >> shift;
  return { width, height, channels: 3, data: rgb };
}

async function decodeColor(bytes: Uint8Array, name: string): Promise<RasterImage> {
  if (isBmp(bytes)) {
    const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [across, down] = [header.getInt32(18, true), Math.abs(header.getInt32(22, true))];
    if (!(across > 0 && down > 0 && across * down <= MAXIMUM_PIXELS))
      throw new ImageError(name, `1 to ${MAXIMUM_PIXELS} pixels`, `${across}x${down}`);
    const { width, height, channels, data } = decodeBmp(bytes);
    return toColor(width, height, channels, data as Uint8Array, 0);
  }
  const image = sharp(bytes, { limitInputPixels: MAXIMUM_PIXELS, failOn: 'truncated' });
  const { depth, space } = await image.metadata();
  const wide = depth === 'ushort';
  // Pixel values as stored: no colour management. 16-bit stays 16-bit until its low byte is dropped.
  const upright = image.rotate();
  const raw = wide
    ? upright.toColourspace(space === 'grey16' || space === 'b-w' ? 'grey16' : 'rgb16').raw({ depth: 'ushort' })
    : upright.raw();
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  if (info.width * info.height > MAXIMUM_PIXELS)
    throw new ImageError(name, `at most ${MAXIMUM_PIXELS} pixels`, `${info.width}x${info.height}`);
  const values = wide ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return toColor(info.width, info.height, info.channels, values, wide ? 8 : 0);
}

/**
 * Decodes PNG, JPEG, TIFF, WebP or BMP.
 *
 * @param options.as `color` gives RGB without alpha, `gray` one channel, both as OpenCV's readers do; EXIF orientation is applied
 */
export async function decodeImage(
  bytes: Uint8Array,
  { as = 'color', name = 'image' }: { as?: 'color' | 'gray'; name?: string } = {},
): Promise<RasterImage> {
  let color: RasterImage;
  try {
    color = await decodeColor(bytes, name);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ImageError(name, 'a whole PNG, JPEG, TIFF or BMP image', `bytes that do not decode (${reason})`, {
      cause,
    });
  }
  return as === 'color' ? color : toGray(color);
}

/** Reads and decodes an image file. */
export async function readImage(path: string, as: 'color' | 'gray' = 'color'): Promise<RasterImage> {
  const bytes = await readFile(path).catch((cause) => {
    throw new ImageError(path, 'an image file', 'none', { cause });
  });
  return decodeImage(bytes, { as, name: path });
}
