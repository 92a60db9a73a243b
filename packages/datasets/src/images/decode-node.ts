// Decoding in Node: the same plain TypeScript as in browsers, with zlib for deflate where it gives the same bytes, and sharp for WebP.
import { closeSync, constants as flags, fstatSync, open, readFile } from 'node:fs';
import { promisify } from 'node:util';
import { constants, inflateRawSync } from 'node:zlib';
import { foundInstead, ImageError } from '../errors.ts';
import { decodeBmp } from './bmp.ts';
import { fromSamples } from './convert.ts';
import { type DecodeOptions, type FormatDecoder, imageDecoder } from './decoder.ts';
import { readHeader } from './header.ts';
import type { FastInflate } from './inflate.ts';
import { decodeJpeg } from './jpeg/decode.ts';
import { orient } from './orient.ts';
import { decodePng } from './png.ts';
import type { RasterImage } from './raster.ts';
import { requireSharp } from './sharp.ts';
import { decodeTiff } from './tiff/decode.ts';
import { readWebp } from './webp.ts';

const fastInflate: FastInflate = (packed, length) => {
  try {
    const out = inflateRawSync(packed, {
      maxOutputLength: length,
      chunkSize: Math.max(length, 64),
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    return out.length === length ? out : undefined;
  } catch {
    return undefined;
  }
};

/** A Buffer as the Uint8Array that it extends: their `slice` differs. */
const plain = ({ buffer, byteOffset, byteLength }: Buffer) => new Uint8Array(buffer, byteOffset, byteLength);

const decodeWebp: FormatDecoder = async (bytes) => {
  const { opaque, orientation } = readWebp(bytes);
  const sharp = await requireSharp('to decode WebP');
  const image = sharp(opaque, { limitInputPixels: false, failOn: 'warning', ignoreIcc: true, autoOrient: false });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return orient(fromSamples(info.width, info.height, info.channels, plain(data)), orientation);
};

/** Decodes a baseline or progressive JPEG within another file. */
export async function decodeJpegImage(bytes: Uint8Array): Promise<RasterImage> {
  readHeader(bytes, 'jpeg', { name: 'JPEG' });
  return decodeJpeg(bytes);
}

/** Decodes an image file's bytes; see {@link DecodeImage}. */
export const decodeImage = imageDecoder({
  png: (bytes, _, options) => decodePng(bytes, { ...options, fastInflate }),
  jpeg: (bytes, _, { as }) => decodeJpeg(bytes, as),
  tiff: (bytes, { directory }, options) => decodeTiff(bytes, directory, { ...options, fastInflate }),
  webp: decodeWebp,
  bmp: decodeBmp,
});

const openFile = promisify(open);
const readWhole = promisify(readFile);

/** Reads a file whole. A pipe or a device may never end, and is refused. Throws `ImageError`. */
export async function readImageBytes(path: string): Promise<Uint8Array> {
  let file: number | undefined;
  try {
    // Opening a pipe would wait for its writer. Only what may wait for the disk is asynchronous: images are small and many.
    file = await openFile(path, flags.O_RDONLY | (flags.O_NONBLOCK ?? 0));
    const status = fstatSync(file);
    if (!status.isFile())
      throw new ImageError(path, 'an image file', status.isDirectory() ? 'a folder' : 'a pipe or a device');
    return await readWhole(file);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(path, 'an image file', foundInstead(cause), { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The two files of a NIfTI pair of header and voxels, given either of them. */
export async function readPair(path: string): Promise<{ readonly bytes: Uint8Array; readonly voxels?: Uint8Array }> {
  const [, base, kind, packed = ''] = /^(.*)\.(hdr|img)(\.gz)?$/i.exec(path) ?? [];
  const other = base && (kind?.toLowerCase() === 'hdr' ? `${base}.img` : `${base}.hdr`);
  const bytes = await readImageBytes(path);
  if (!other) return { bytes };
  for (const candidate of [other + packed, packed ? other : `${other}.gz`]) {
    const partner = await readWhole(candidate).catch(() => undefined);
    if (partner) return kind?.toLowerCase() === 'hdr' ? { bytes, voxels: partner } : { bytes: partner, voxels: bytes };
  }
  return { bytes };
}

/**
 * Reads and decodes an image file. Of a NIfTI pair (`.hdr` and `.img`), either file may be named. Throws `ImageError`.
 *
 * @example
 * ```ts
 * const image = await readImage('data/Kvasir/Test_Folder/img/cju0u82z3cuma0835wlxrnrjv.jpg');
 * console.log(image.width, image.height, image.channels);
 * // 622 528 3
 * ```
 */
export async function readImage(
  path: string,
  as: 'color' | 'gray' = 'color',
  options: Omit<DecodeOptions, 'as' | 'name' | 'voxels'> = {},
): Promise<RasterImage> {
  const { bytes, voxels } = await readPair(path);
  return decodeImage(bytes, { ...options, as, name: path, voxels });
}
