// Small encoders for tests: drawings of every kind whose pixels are known without a decoder.
import { crc32, deflateSync } from 'node:zlib';

export interface PngDrawing {
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
function scanlines(drawing: PngDrawing, [x0, y0, dx, dy]: readonly [number, number, number, number]): Buffer {
  const { width, height, bits, colorType, sample } = drawing;
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

export function encodeAnyPng(drawing: PngDrawing): Uint8Array {
  const { width, height, bits, colorType, interlaced, palette } = drawing;
  const passes = interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  const raw = Buffer.concat(passes.map((pass) => scanlines(drawing, pass)));
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

export interface BmpDrawing {
  readonly width: number;
  readonly height: number;
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  readonly topDown: boolean;
  /** Index into the palette, or red, green and blue. */
  readonly pixel: (x: number, y: number) => readonly number[];
  readonly palette?: readonly (readonly [number, number, number])[];
}

export function encodeBmp({ width, height, bits, topDown, pixel, palette = [] }: BmpDrawing): Uint8Array {
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

export interface TiffDrawing {
  readonly width: number;
  readonly height: number;
  /** Samples per pixel. */
  readonly samples: number;
  readonly bits: number;
  readonly format?: 'unsigned' | 'signed' | 'float';
  /** The stored value of a sample. */
  readonly value: (x: number, y: number, channel: number) => number;
  readonly photometric?: number;
  readonly littleEndian?: boolean;
  readonly big?: boolean;
  readonly planar?: boolean;
  /** Side of square tiles; strips of `rowsPerStrip` rows otherwise. */
  readonly tile?: number;
  readonly rowsPerStrip?: number;
  readonly deflate?: boolean;
  readonly predictor?: 1 | 2 | 3;
  /** Low bits first within each byte. */
  readonly reversed?: boolean;
  /** More tags, of SHORT values. */
  readonly tags?: Readonly<Record<number, readonly number[]>>;
}

/** A value of any kind as bytes of either order. */
function sampleBytes(value: number, bits: number, format: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(bits / 8);
  const view = new DataView(bytes.buffer);
  if (format === 'float') {
    if (bits === 32) view.setFloat32(0, value, littleEndian);
    else view.setFloat64(0, value, littleEndian);
  } else if (bits === 8) view.setInt8(0, value);
  else if (bits === 16) view.setInt16(0, value, littleEndian);
  else view.setInt32(0, value, littleEndian);
  return bytes;
}

/** A row of samples as bytes, predicted if asked for. */
function tiffRow(values: readonly number[], perPixel: number, drawing: TiffDrawing): Uint8Array {
  const { bits, format = 'unsigned', littleEndian = true, predictor = 1 } = drawing;
  if (bits % 8 !== 0) {
    const row = new Uint8Array(Math.ceil((values.length * bits) / 8));
    values.forEach((value, i) => {
      for (let b = 0; b < bits; b++)
        if ((value >> (bits - 1 - b)) & 1) {
          const bit = i * bits + b;
          row[bit >> 3] = (row[bit >> 3] as number) | (0x80 >> (bit & 7));
        }
    });
    return row;
  }
  const bytes = bits / 8;
  if (predictor === 3) {
    const parts = values.map((value) => sampleBytes(value, bits, format, false));
    const row = Uint8Array.from(
      { length: bytes * values.length },
      (_, i) => parts[i % values.length]?.[Math.floor(i / values.length)] as number,
    );
    return row.map((byte, i) => byte - (i < perPixel ? 0 : (row[i - perPixel] as number)));
  }
  const stored =
    predictor === 2 ? values.map((v, i) => v - (i < perPixel ? 0 : (values[i - perPixel] as number))) : values;
  return Buffer.concat(stored.map((value) => sampleBytes(value, bits, format, littleEndian)));
}

/** A TIFF file of one page, in every layout that is read. */
export function encodeTiff(drawing: TiffDrawing): Uint8Array {
  const { width, height, samples, bits, format = 'unsigned', value, littleEndian = true, big = false } = drawing;
  const { planar = false, tile, rowsPerStrip = height, deflate = false, predictor = 1, reversed = false } = drawing;
  const [tileWidth, tileHeight] = [tile ?? width, tile ?? rowsPerStrip];
  const planes = planar ? samples : 1;
  const strips: Uint8Array[] = [];
  for (let plane = 0; plane < planes; plane++)
    for (let top = 0; top < height; top += tileHeight)
      for (let left = 0; left < width; left += tileWidth) {
        const rows: Uint8Array[] = [];
        for (let y = top; y < (tile ? top + tile : Math.min(top + tileHeight, height)); y++) {
          const values: number[] = [];
          for (let x = left; x < left + tileWidth; x++)
            for (let c = 0; c < samples; c++)
              if (!planar || c === plane) values.push(x < width && y < height ? value(x, y, c) : 0);
          rows.push(tiffRow(values, planar ? 1 : samples, drawing));
        }
        const raw = Buffer.concat(rows);
        const packed = deflate ? deflateSync(raw) : raw;
        strips.push(
          reversed
            ? packed.map((byte) => Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2))
            : packed,
        );
      }
  const start = big ? 16 : 8;
  let at = start;
  const offsets = strips.map((strip) => {
    const offset = at;
    at += strip.length;
    return offset;
  });
  const counts = strips.map((strip) => strip.length);
  const [SHORT, LONG] = [3, 4] as const;
  const codes = { unsigned: 1, signed: 2, float: 3 };
  type Entry = [id: number, type: 3 | 4, values: readonly number[]];
  const sizes: Entry[] = tile
    ? [
        [322, LONG, [tile]],
        [323, LONG, [tile]],
      ]
    : [[278, LONG, [rowsPerStrip]]];
  const given = Object.entries(drawing.tags ?? {}).map(([id, list]): Entry => [Number(id), SHORT, list]);
  const usual: Entry[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, new Array(samples).fill(bits)],
    [259, SHORT, [deflate ? 8 : 1]],
    [262, SHORT, [drawing.photometric ?? (samples >= 3 ? 2 : 1)]],
    [266, SHORT, [reversed ? 2 : 1]],
    [tile ? 324 : 273, LONG, offsets],
    [277, SHORT, [samples]],
    [tile ? 325 : 279, LONG, counts],
    [284, SHORT, [planar ? 2 : 1]],
    [317, SHORT, [predictor]],
    [339, SHORT, new Array(samples).fill(codes[format])],
    ...sizes,
  ];
  // A given tag replaces the usual one.
  const entries = [...given, ...usual.filter(([id]) => drawing.tags?.[id] === undefined)].sort(([a], [b]) => a - b);
  const [entrySize, field] = big ? [20, 8] : [12, 4];
  const directory = at + (at & 1);
  const length = directory + (big ? 8 : 2) + entries.length * entrySize + field;
  const values = entries.map(([, type, list]) => list.length * (type === SHORT ? 2 : 4));
  const out = Buffer.alloc(length + values.reduce((sum, n) => sum + n + 8, 0));
  const view = new DataView(out.buffer, out.byteOffset);
  const u16 = (to: number, v: number) => view.setUint16(to, v, littleEndian);
  const pointer = (to: number, v: number) =>
    big ? view.setBigUint64(to, BigInt(v), littleEndian) : view.setUint32(to, v, littleEndian);
  out.write(littleEndian ? 'II' : 'MM', 0, 'latin1');
  u16(2, big ? 43 : 42);
  if (big) u16(4, 8);
  pointer(big ? 8 : 4, directory);
  strips.forEach((strip, i) => {
    out.set(strip, offsets[i]);
  });
  if (big) pointer(directory, entries.length);
  else u16(directory, entries.length);
  let more = length;
  entries.forEach(([id, type, list], i) => {
    const entry = directory + (big ? 8 : 2) + i * entrySize;
    const size = type === SHORT ? 2 : 4;
    u16(entry, id);
    u16(entry + 2, type);
    pointer(entry + 4, list.length);
    let to = entry + 4 + field;
    if (list.length * size > field) {
      pointer(to, more);
      to = more;
      more += list.length * size;
    }
    for (const v of list) {
      if (type === SHORT) u16(to, v);
      else view.setUint32(to, v, littleEndian);
      to += size;
    }
  });
  return out.subarray(0, more);
}
