// Small encoders for tests: pictures of every kind whose pixels are known without a decoder.
import { crc32, deflateSync } from 'node:zlib';

export interface PngPicture {
  readonly width: number;
  readonly height: number;
  readonly bits: 1 | 2 | 4 | 8 | 16;
  readonly colorType: 0 | 2 | 3 | 4 | 6;
  readonly interlaced: boolean;
  /** The sample of a channel at a pixel, of `bits` bits. */
  readonly sample: (x: number, y: number, channel: number) => number;
  readonly palette?: readonly (readonly [number, number, number])[];
}

export const SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

export function chunk(type: string, body: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  return Buffer.concat([u32(body.length), named, u32(crc32(named))]);
}

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The scanlines of a pass; each has another of the five filters. */
function scanlines(picture: PngPicture, [x0, y0, dx, dy]: readonly [number, number, number, number]): Buffer {
  const { width, height, bits, colorType, sample } = picture;
  const samples = SAMPLES[colorType];
  const columns = Math.max(0, Math.ceil((width - x0) / dx));
  const rows = Math.max(0, Math.ceil((height - y0) / dy));
  if (columns === 0 || rows === 0) return Buffer.alloc(0);
  const step = Math.max(1, (samples * bits) >> 3);
  const length = Math.ceil((columns * samples * bits) / 8);
  let above = new Uint8Array(length);
  const lines: Uint8Array[] = [];
  for (let r = 0; r < rows; r++) {
    const row = new Uint8Array(length);
    for (let i = 0; i < columns; i++)
      for (let c = 0; c < samples; c++) {
        const value = sample(x0 + i * dx, y0 + r * dy, c);
        const bit = (i * samples + c) * bits;
        if (bits === 16) row.set([value >> 8, value & 255], bit >> 3);
        else row[bit >> 3] = (row[bit >> 3] as number) | (value << (8 - bits - (bit & 7)));
      }
    const kind = r % 5;
    const coded = row.map((byte, i) => {
      const [a, b, c] = [i < step ? 0 : row[i - step], above[i], i < step ? 0 : above[i - step]] as [
        number,
        number,
        number,
      ];
      const p = a + b - c;
      const near = [a, b, c].sort((u, v) => Math.abs(p - u) - Math.abs(p - v))[0] as number;
      return byte - ([0, a, b, (a + b) >> 1, near][kind] as number);
    });
    lines.push(Uint8Array.from([kind, ...coded]));
    above = row;
  }
  return Buffer.concat(lines);
}

export function encodeAnyPng(picture: PngPicture): Uint8Array {
  const { width, height, bits, colorType, interlaced, palette } = picture;
  const passes = interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  const raw = Buffer.concat(passes.map((pass) => scanlines(picture, pass)));
  const packed = deflateSync(raw);
  const half = packed.length >> 1;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.concat([u32(width), u32(height), Buffer.from([bits, colorType, 0, 0, interlaced ? 1 : 0])])),
    ...(palette ? [chunk('PLTE', Uint8Array.from(palette.flat()))] : []),
    // In two chunks, as large files have them.
    chunk('IDAT', packed.subarray(0, half)),
    chunk('IDAT', packed.subarray(half)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export interface BmpPicture {
  readonly width: number;
  readonly height: number;
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  readonly topDown: boolean;
  /** Index into the palette, or red, green and blue. */
  readonly pixel: (x: number, y: number) => readonly number[];
  readonly palette?: readonly (readonly [number, number, number])[];
}

export function encodeBmp({ width, height, bits, topDown, pixel, palette = [] }: BmpPicture): Uint8Array {
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  const start = 54 + palette.length * 4;
  const out = Buffer.alloc(start + rowBytes * height);
  out.write('BM', 0, 'latin1');
  out.writeUInt32LE(out.length, 2);
  out.writeUInt32LE(start, 10);
  out.writeUInt32LE(40, 14);
  out.writeInt32LE(width, 18);
  out.writeInt32LE(topDown ? -height : height, 22);
  out.writeUInt16LE(1, 26);
  out.writeUInt16LE(bits, 28);
  palette.forEach(([r, g, b], i) => {
    out.set([b, g, r, 0], 54 + 4 * i);
  });
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const row = start + (topDown ? y : height - 1 - y) * rowBytes;
      const [r = 0, g = 0, b = 0] = pixel(x, y);
      if (bits <= 8) {
        const bit = x * bits;
        out[row + (bit >> 3)] = (out[row + (bit >> 3)] as number) | (r << (8 - bits - (bit & 7)));
      } else if (bits === 16) out.writeUInt16LE(((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3), row + 2 * x);
      else out.set([b, g, r], row + (x * bits) / 8);
    }
  return out;
}
