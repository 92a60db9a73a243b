// What kind of image a file is and how large, read from its first bytes: nothing is decoded before its size is known to be allowed.
import { ImageError } from '../errors.ts';
import { ByteReader } from './bytes.ts';
import { readTiffPages } from './tiff-pages.ts';

/** Larger images are refused before they are decoded. */
export const MAXIMUM_PIXELS = 100_000_000;

export type ImageFormat = 'png' | 'jpeg' | 'tiff' | 'bmp' | 'webp' | 'dicom' | 'nifti';

/** What the header of a picture file says. DICOM and NIfTI have readers of their own. */
export interface ImageHeader {
  readonly format: Exclude<ImageFormat, 'dicom' | 'nifti'>;
  readonly width: number;
  readonly height: number;
  /** Bits of a sample: 1 to 16. */
  readonly bits: number;
  /** One value a pixel, without alpha or palette. */
  readonly gray: boolean;
  /** Where the page lies among all images of a TIFF file, thumbnails counted. */
  readonly directory: number;
}

const starts = (bytes: Uint8Array, offset: number, text: string): boolean =>
  [...text].every((letter, i) => bytes[offset + i] === letter.charCodeAt(0));

/** The kind of image that the bytes are, by their signature; `undefined` if it is none we read. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  // The preamble of a DICOM file may be anything, such as a TIFF header (PS3.10 section 7.1).
  if (starts(bytes, 128, 'DICM')) return 'dicom';
  if (starts(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'png';
  if (starts(bytes, 0, '\xff\xd8\xff')) return 'jpeg';
  if (starts(bytes, 0, 'II*\0') || starts(bytes, 0, 'MM\0*')) return 'tiff';
  if (starts(bytes, 0, 'BM')) return 'bmp';
  if (starts(bytes, 0, 'RIFF') && starts(bytes, 8, 'WEBP')) return 'webp';
  // NIfTI-1 and -2; a gzipped one shows only that it is gzip.
  if (starts(bytes, 344, 'n+1\0') || starts(bytes, 4, 'n+2\0') || starts(bytes, 0, '\x1f\x8b')) return 'nifti';
  // Headers of .hdr/.img pairs.
  if (starts(bytes, 344, 'ni1\0') || starts(bytes, 4, 'ni2\0')) return 'nifti';
  return undefined;
}

function pngHeader(bytes: Uint8Array) {
  const reader = new ByteReader(bytes, false);
  const [bits, colorType] = [reader.u8(24), reader.u8(25)];
  return { width: reader.u32(16), height: reader.u32(20), bits, gray: colorType === 0 };
}

/** The frame header (SOF) among a JPEG file's segments. */
function jpegHeader(bytes: Uint8Array) {
  const reader = new ByteReader(bytes, false);
  for (let at = 2; ; ) {
    if (reader.u8(at) !== 0xff) throw new RangeError(`no marker at byte ${at}`);
    const marker = reader.u8(at + 1);
    // Fill bytes, and markers that stand alone.
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame)
      return {
        width: reader.u16(at + 7),
        height: reader.u16(at + 5),
        bits: reader.u8(at + 4),
        gray: reader.u8(at + 9) === 1,
      };
    if (marker === 0xd9 || marker === 0xda) throw new RangeError('no frame header');
    at += 2 + Math.max(2, reader.u16(at + 2));
  }
}

function bmpHeader(bytes: Uint8Array) {
  const reader = new ByteReader(bytes, true);
  // OS/2's first header has 16-bit sizes.
  const old = reader.u32(14) === 12;
  const [width, height] = old ? [reader.u16(18), reader.u16(20)] : [reader.i32(18), Math.abs(reader.i32(22))];
  return { width, height, bits: 8, gray: false };
}

function webpHeader(bytes: Uint8Array) {
  const reader = new ByteReader(bytes, true);
  const u24 = (at: number) => reader.u16(at) | (reader.u8(at + 2) << 16);
  const rgb = { bits: 8, gray: false };
  if (starts(bytes, 12, 'VP8X')) return { width: u24(24) + 1, height: u24(27) + 1, ...rgb };
  if (starts(bytes, 12, 'VP8L')) {
    const packed = reader.u32(21);
    return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1, ...rgb };
  }
  return { width: reader.u16(26) & 0x3fff, height: reader.u16(28) & 0x3fff, ...rgb };
}

/** The page of a TIFF file; without a choice the file must have only one. */
function tiffHeader(bytes: Uint8Array, page: number | undefined, name: string) {
  const pages = readTiffPages(bytes);
  const chosen = pages[choosePage(pages.length, page, name)] as (typeof pages)[number];
  const { width, height, bits, photometric, samples, directory } = chosen;
  return { width, height, bits, gray: photometric < 2 && samples === 1, directory };
}

/** The page asked for, counted from 0, or the only one. Which of several is meant is never guessed. */
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

/** Refuses a header that claims more bytes than the file can hold, before there is memory for them. */
export function checkClaim(claimed: number, present: number, most = MOST_PACKED): void {
  if (claimed > most * present + 4096) throw new RangeError(`${present} bytes for ${claimed} bytes of pixels`);
}

/** Refuses sizes that are nothing or too much. */
export function checkSize(width: number, height: number, name: string): void {
  if (!(width > 0 && height > 0 && width * height <= MAXIMUM_PIXELS))
    throw new ImageError(name, `1 to ${MAXIMUM_PIXELS} pixels`, `${width}x${height}`);
}

/** Reads the header of a PNG, JPEG, TIFF, BMP or WebP file and checks its size. Throws `ImageError`. */
export function readHeader(
  bytes: Uint8Array,
  format: ImageHeader['format'],
  { name = 'image', page }: { name?: string; page?: number } = {},
): ImageHeader {
  let header: ImageHeader;
  try {
    if (format === 'tiff') header = { format, ...tiffHeader(bytes, page, name) };
    else {
      choosePage(1, page, name);
      const read = { png: pngHeader, jpeg: jpegHeader, bmp: bmpHeader, webp: webpHeader }[format];
      header = { format, ...read(bytes), directory: 0 };
    }
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(name, `a whole ${format.toUpperCase()} header`, (cause as Error).message, { cause });
  }
  checkSize(header.width, header.height, name);
  return header;
}
