// Decoding in Node: libvips for what it reads, our own BMP.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { ImageError } from '../errors.ts';
import { decodeBmp } from './bmp.ts';
import { fromSamples } from './convert.ts';
import { type DecodeOptions, imageDecoder, type PictureDecoder } from './decoder.ts';
import { MAXIMUM_PIXELS } from './header.ts';
import type { RasterImage } from './raster.ts';

/** Pixel values as stored: no color management. 16-bit stays 16-bit until its low byte is dropped. */
const decodeWithVips: PictureDecoder = async (bytes, { format, bits, gray, directory }) => {
  const image = sharp(bytes, {
    limitInputPixels: MAXIMUM_PIXELS,
    failOn: 'truncated',
    ignoreIcc: true,
    autoOrient: true,
    ...(format === 'tiff' && { page: directory }),
  });
  const raw = bits === 16 ? image.toColourspace(gray ? 'grey16' : 'rgb16').raw({ depth: 'ushort' }) : image.raw();
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const values = bits === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return fromSamples(info.width, info.height, info.channels, values);
};

/** Decodes an image file's bytes; see {@link DecodeImage}. */
export const decodeImage = imageDecoder({
  png: decodeWithVips,
  jpeg: decodeWithVips,
  tiff: decodeWithVips,
  webp: decodeWithVips,
  bmp: decodeBmp,
});

const readBytes = (path: string): Promise<Uint8Array> =>
  readFile(path).catch((cause) => {
    throw new ImageError(path, 'an image file', 'none', { cause });
  });

/** The two files of a NIfTI pair of header and voxels, given either of them. */
async function readPair(path: string): Promise<{ readonly bytes: Uint8Array; readonly voxels?: Uint8Array }> {
  const [, base, kind, packed = ''] = /^(.*)\.(hdr|img)(\.gz)?$/i.exec(path) ?? [];
  const other = base && (kind?.toLowerCase() === 'hdr' ? `${base}.img` : `${base}.hdr`);
  const bytes = await readBytes(path);
  if (!other) return { bytes };
  for (const candidate of [other + packed, packed ? other : `${other}.gz`]) {
    const partner = await readFile(candidate).catch(() => undefined);
    if (partner) return kind?.toLowerCase() === 'hdr' ? { bytes, voxels: partner } : { bytes: partner, voxels: bytes };
  }
  return { bytes };
}

/** Reads and decodes an image file. Of a NIfTI pair (`.hdr` and `.img`), either file may be named. */
export async function readImage(
  path: string,
  as: 'color' | 'gray' = 'color',
  options: Omit<DecodeOptions, 'as' | 'name' | 'voxels'> = {},
): Promise<RasterImage> {
  const { bytes, voxels } = await readPair(path);
  return decodeImage(bytes, { ...options, as, name: path, voxels });
}
