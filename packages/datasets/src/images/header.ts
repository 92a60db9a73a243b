// What kind of image a file is and how large, read from its first bytes: nothing is decoded before its size is known to be allowed.
import { ImageError } from '../errors.ts';
import { ByteReader, FormatError } from './bytes.ts';
import { readJpegFrame } from './jpeg/markers.ts';
import { refusal } from './refusal.ts';
import { readTiffPages } from './tiff/pages.ts';
import { readWebp } from './webp.ts';

/** Images of more pixels are refused before they are decoded. */
export const MAXIMUM_PIXELS = 50_000_000;

/** Images of longer sides are refused. */
export const MAXIMUM_SIDE = 65_535;

/** Images of more bytes, as stored without compression, are refused: 4 bytes for each of the most pixels. */
export const MAXIMUM_BYTES = 200_000_000;

export type ImageFormat = 'png' | 'jpeg' | 'tiff' | 'bmp' | 'webp' | 'dicom' | 'nifti';

/** What the header of a PNG, JPEG, TIFF, BMP or WebP file says. DICOM and NIfTI have readers of their own. */
export interface ImageHeader {
  readonly format: Exclude<ImageFormat, 'dicom' | 'nifti'>;
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly bits: number;
  /** One value per pixel, without alpha or palette. */
  readonly gray: boolean;
  /** Index of the page among all directories of a TIFF file, thumbnails included. */
  readonly directory: number;
}

function starts(bytes: Uint8Array, offset: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The kind of image that the bytes are, by their signature; `undefined` if it is none we read. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  // The preamble of a DICOM file may be anything, such as a TIFF header (PS3.10 section 7.1).
  if (starts(bytes, 128, 'DICM')) return 'dicom';
  if (starts(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'png';
  if (starts(bytes, 0, '\xff\xd8\xff')) return 'jpeg';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((mark) => starts(bytes, 0, mark))) return 'tiff';
  if (starts(bytes, 0, 'BM')) return 'bmp';
  if (starts(bytes, 0, 'RIFF') && starts(bytes, 8, 'WEBP')) return 'webp';
  // NIfTI-1 and -2; a gzipped one shows only that it is gzip.
  if (starts(bytes, 344, 'n+1\0') || starts(bytes, 4, 'n+2\0') || starts(bytes, 0, '\x1f\x8b')) return 'nifti';
  // Headers of .hdr/.img pairs.
  if (starts(bytes, 344, 'ni1\0') || starts(bytes, 4, 'ni2\0')) return 'nifti';
  return undefined;
}

/** Samples per pixel by color type. */
const PNG_SAMPLES: Readonly<Record<number, number>> = { 2: 3, 4: 2, 6: 4 };

function pngHeader(bytes: Uint8Array) {
  const reader = new ByteReader(bytes, false);
  const [bits, colorType] = [reader.u8(24), reader.u8(25)];
  const samples = PNG_SAMPLES[colorType] ?? 1;
  return {
    width: reader.u32(16),
    height: reader.u32(20),
    bits,
    gray: colorType === 0,
    bytesPerPixel: (samples * bits) / 8,
  };
}

function jpegHeader(bytes: Uint8Array) {
  const { width, height, components } = readJpegFrame(bytes);
  return { width, height, bits: 8, gray: components.length === 1 };
}

function bmpHeader(bytes: Uint8Array) {
  const reader = new ByteReader(bytes, true);
  // OS/2's first header has 16-bit sizes.
  const old = reader.u32(14) === 12;
  const [width, height] = old ? [reader.u16(18), reader.u16(20)] : [reader.i32(18), Math.abs(reader.i32(22))];
  return { width, height, bits: 8, gray: false };
}

function webpHeader(bytes: Uint8Array) {
  const { width, height } = readWebp(bytes);
  return { width, height, bits: 8, gray: false };
}

/** The page of a TIFF file; without a choice the file must have only one. */
function tiffHeader(bytes: Uint8Array, page: number | undefined, name: string) {
  const pages = readTiffPages(bytes);
  const chosen = pages[choosePage(pages.length, page, name)] as (typeof pages)[number];
  const { width, height, bits, photometric, samples, directory } = chosen;
  const bytesPerPixel = (samples * bits) / 8;
  return { width, height, bits, gray: photometric < 2 && samples === 1, directory, bytesPerPixel };
}

/** The requested page, counted from 0, or the only one. With several pages, none is chosen by default. */
export function choosePage(count: number, page: number | undefined, name: string): number {
  if (page === undefined && count > 1)
    throw new ImageError(name, `a choice of one of its ${count} pages (page 0 to ${count - 1})`, 'none');
  const chosen = page ?? 0;
  if (!Number.isInteger(chosen) || chosen < 0 || chosen >= count)
    throw new ImageError(name, count === 0 ? 'a page' : `page 0 to ${count - 1}`, `page ${chosen}`);
  return chosen;
}

/** The most that packing shrinks: deflate 1032 times, LZW in TIFF some 2700 times. */
const MOST_PACKED = 4096;

/** Refuses a header that claims more bytes than the file can hold, before memory is allocated for them. */
export function checkClaim(claimed: number, present: number, most = MOST_PACKED): void {
  if (claimed > most * present + 4096) throw new FormatError(`${present} packed bytes for ${claimed} bytes of pixels`);
}

/** Refuses empty and too large images. */
export function checkSize(width: number, height: number, name: string): void {
  if (!(width > 0 && height > 0 && width * height <= MAXIMUM_PIXELS))
    throw new ImageError(name, `1 to ${MAXIMUM_PIXELS} pixels`, `${width}x${height}`, {
      remedy: 'Scale it down or cut it first.',
    });
  if (Math.max(width, height) > MAXIMUM_SIDE)
    throw new ImageError(name, `at most ${MAXIMUM_SIDE} pixels on a side`, `${width}x${height}`, {
      remedy: 'Scale it down or cut it first.',
    });
}

/** Refuses images of too many bytes per pixel for their size. */
function checkBytes({ width, height }: Pick<ImageHeader, 'width' | 'height'>, bytesPerPixel: number): void {
  const bytes = Math.ceil(width * height * bytesPerPixel);
  if (bytes > MAXIMUM_BYTES)
    throw new FormatError(
      `${width}x${height} pixels of ${bytesPerPixel} bytes`,
      `at most ${MAXIMUM_BYTES} bytes of pixels`,
      'Scale it down or cut it first, or save it with 8 bits per sample.',
    );
}

/** Reads the header of a PNG, JPEG, TIFF, BMP or WebP file and checks its size. Throws `ImageError`. */
export function readHeader(
  bytes: Uint8Array,
  format: ImageHeader['format'],
  { name = 'image', page }: { name?: string; page?: number } = {},
): ImageHeader {
  try {
    let header: ImageHeader & { readonly bytesPerPixel?: number };
    if (format === 'tiff') header = { format, ...tiffHeader(bytes, page, name) };
    else {
      choosePage(1, page, name);
      const read = { png: pngHeader, jpeg: jpegHeader, bmp: bmpHeader, webp: webpHeader }[format];
      header = { format, ...read(bytes), directory: 0 };
    }
    checkSize(header.width, header.height, name);
    checkBytes(header, header.bytesPerPixel ?? 3);
    return header;
  } catch (cause) {
    throw refusal(cause, name, `a whole ${format.toUpperCase()} header`);
  }
}
