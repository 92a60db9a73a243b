// BMP in plain TypeScript: uncompressed pixels of 1, 4, 8, 16, 24 and 32 bits, from the bottom up or from the top down.
import { ByteReader, FormatError } from './bytes.ts';
import type { RasterImage } from './raster.ts';

/** Reads a channel of a packed pixel: the bits of its mask, stretched to 0 to 255. */
function channel(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / most);
}

const COMPRESSIONS: Readonly<Record<number, string>> = {
  1: 'run lengths of 8 bits',
  2: 'run lengths of 4 bits',
  4: 'JPEG',
  5: 'PNG',
  6: 'bit masks with alpha',
};

/** Decodes an uncompressed BMP; alpha is dropped. The caller has checked the size. */
export function decodeBmp(bytes: Uint8Array): RasterImage {
  const reader = new ByteReader(bytes, true);
  const [start, headerSize] = [reader.u32(10), reader.u32(14)];
  const old = headerSize === 12;
  const [width, signedHeight] = old ? [reader.u16(18), reader.u16(20)] : [reader.i32(18), reader.i32(22)];
  const height = Math.abs(signedHeight);
  const bits = reader.u16(old ? 24 : 28);
  const compression = old ? 0 : reader.u32(30);
  const masked = compression === 3 && (bits === 16 || bits === 32);
  if (compression !== 0 && !masked)
    throw new FormatError(
      `BMP compression ${compression}${COMPRESSIONS[compression] ? ` (${COMPRESSIONS[compression]})` : ''}`,
      'an uncompressed BMP file',
      'Save it without compression, or as PNG.',
    );
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new FormatError(`${bits} bits a pixel`);
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  reader.part(start, rowBytes * height);
  const data = new Uint8Array(width * height * 3);

  const put = pixelWriter(reader, { bits, masked, old, headerSize }, data);
  for (let y = 0; y < height; y++) {
    const row = start + (signedHeight < 0 ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) put(row, x, (y * width + x) * 3);
  }
  return { width, height, channels: 3, data };
}

interface PixelKind {
  readonly bits: number;
  readonly masked: boolean;
  readonly old: boolean;
  readonly headerSize: number;
}

/** Writes the color of pixel `x` of the row at byte `row`. */
function pixelWriter(reader: ByteReader, { bits, masked, old, headerSize }: PixelKind, data: Uint8Array) {
  const { bytes } = reader;
  if (bits <= 8) {
    const palette = 14 + headerSize;
    const entry = old ? 3 : 4;
    const declared = (headerSize >= 40 && reader.u32(46)) || 1 << bits;
    // Colors beyond the pixels' first byte would be pixels.
    const colors = Math.min(declared, 1 << bits, Math.floor((reader.u32(10) - palette) / entry));
    return (row: number, x: number, to: number) => {
      const bit = x * bits;
      const index = ((bytes[row + (bit >> 3)] as number) >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
      if (index >= colors) throw new FormatError(`color ${index} of a palette of ${Math.max(0, colors)}`);
      for (let c = 0; c < 3; c++) data[to + c] = reader.u8(palette + index * entry + 2 - c);
    };
  }
  if (bits === 24 || (bits === 32 && !masked))
    return (row: number, x: number, to: number) => {
      const from = row + (x * bits) / 8;
      for (let c = 0; c < 3; c++) data[to + c] = bytes[from + 2 - c] as number;
    };
  const masks = masked ? [54, 58, 62].map((at) => reader.u32(at)) : [0x7c00, 0x3e0, 0x1f];
  const channels = masks.map(channel);
  return (row: number, x: number, to: number) => {
    const pixel = bits === 16 ? reader.u16(row + 2 * x) : reader.u32(row + 4 * x);
    channels.forEach((read, c) => {
      data[to + c] = read(pixel);
    });
  };
}
