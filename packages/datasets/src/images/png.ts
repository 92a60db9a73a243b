// PNG in plain TypeScript (W3C PNG, third edition): exact in every engine, where a canvas would multiply by alpha and cut 16 bits.
import { unzlibSync } from 'fflate';
import { ByteReader } from './bytes.ts';
import { fromSamples, unpackRow } from './convert.ts';
import { checkClaim } from './header.ts';
import { exifOrientation, orient } from './orient.ts';
import type { RasterImage } from './raster.ts';

/** Samples of a pixel by color type: gray, RGB, palette, gray with alpha, RGB with alpha. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** The checksum of a PNG's chunks. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = (CRC[(c ^ byte) & 255] as number) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

interface Chunks {
  readonly header: Uint8Array;
  readonly palette: Uint8Array | undefined;
  readonly data: Uint8Array;
  readonly orientation: number;
}

/** The chunks that hold pixels; text and color profiles are not even unpacked. */
function readChunks(bytes: Uint8Array): Chunks {
  const reader = new ByteReader(bytes, false);
  const parts: Uint8Array[] = [];
  const found: Partial<Record<string, Uint8Array>> = {};
  for (let at = 8, ended = false; !ended; ) {
    const length = reader.u32(at);
    const body = reader.part(at + 8, length);
    const type = String.fromCharCode(...reader.part(at + 4, 4));
    const critical = (reader.u8(at + 4) & 0x20) === 0;
    if (critical && crc32(reader.part(at + 4, length + 4)) !== reader.u32(at + 8 + length))
      throw new RangeError(`a wrong checksum of chunk ${type}`);
    if (type === 'IDAT') parts.push(body);
    else if (type === 'IHDR' || type === 'PLTE' || type === 'eXIf') found[type] ??= body;
    ended = type === 'IEND';
    at += 12 + length;
  }
  const data = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of parts) {
    data.set(part, filled);
    filled += part.length;
  }
  const { IHDR, PLTE, eXIf } = found;
  if (IHDR?.length !== 13) throw new RangeError('no header chunk');
  return { header: IHDR, palette: PLTE, data, orientation: eXIf ? exifOrientation(eXIf) : 1 };
}

/** Undoes the filter of a row in place; `above` is the row before it, already undone. */
function unfilter(kind: number, row: Uint8Array, above: Uint8Array, step: number): void {
  if (kind > 4) throw new RangeError(`filter ${kind}`);
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : (row[i - step] as number);
    const up = above[i] as number;
    if (kind === 1) row[i] = (row[i] as number) + left;
    else if (kind === 2) row[i] = (row[i] as number) + up;
    else if (kind === 3) row[i] = (row[i] as number) + ((left + up) >> 1);
    else if (kind === 4) {
      const corner = i < step ? 0 : (above[i - step] as number);
      const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      row[i] = (row[i] as number) + (a <= b && a <= c ? left : b <= c ? up : corner);
    }
  }
}

/** First column, first row and steps of the passes: Adam7, or everything at once. */
const PASSES = {
  none: [[0, 0, 1, 1]],
  adam7: [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ],
} as const;

/** A PNG's samples as stored, with what is needed to interpret them. */
export interface PngSamples {
  readonly width: number;
  readonly height: number;
  /** Samples per pixel, alpha included. */
  readonly samples: number;
  readonly bits: number;
  /** Interleaved samples, or palette indices. */
  readonly values: Uint8Array | Uint16Array;
  /** RGB triples; only for palette images. */
  readonly palette?: Uint8Array;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
}

/** Reads the stored samples of a PNG of any depth, color type and interlacing. The caller has checked the size. */
export function readPngSamples(bytes: Uint8Array): PngSamples {
  const { header, palette, data, orientation } = readChunks(bytes);
  const reader = new ByteReader(header, false);
  const [width, height, bits, colorType, interlace] = [
    reader.u32(0),
    reader.u32(4),
    reader.u8(8),
    reader.u8(9),
    reader.u8(12),
  ];
  const samples = SAMPLES[colorType];
  const deep = colorType === 0 || (colorType === 3 && bits < 16) ? [1, 2, 4, 8, 16] : [8, 16];
  if (samples === undefined || !deep.includes(bits) || interlace > 1)
    throw new RangeError(`color type ${colorType} with ${bits} bits, interlacing ${interlace}`);
  const passes = (interlace ? PASSES.adam7 : PASSES.none)
    .map(([x, y, dx, dy]) => ({
      x,
      y,
      dx,
      dy,
      columns: Math.ceil((width - x) / dx),
      rows: Math.ceil((height - y) / dy),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const rowBytes = (columns: number) => Math.ceil((columns * samples * bits) / 8);
  const expected = passes.reduce((sum, { columns, rows }) => sum + rows * (1 + rowBytes(columns)), 0);
  checkClaim(expected, data.length);
  // Unpacked into a buffer of the right size: what a hostile stream holds beyond it is never stored.
  const raw = unzlibSync(data, { out: new Uint8Array(expected) });
  if (raw.length < expected) throw new RangeError(`${raw.length} of ${expected} bytes of pixels`);

  const values = bits === 16 ? new Uint16Array(width * height * samples) : new Uint8Array(width * height * samples);
  const step = Math.max(1, (samples * bits) >> 3);
  let at = 0;
  for (const { x, y, dx, dy, columns, rows } of passes) {
    const length = rowBytes(columns);
    const line = bits === 16 ? new Uint16Array(columns * samples) : new Uint8Array(columns * samples);
    let above: Uint8Array = new Uint8Array(length);
    for (let r = 0; r < rows; r++) {
      const row = raw.subarray(at + 1, at + 1 + length);
      if (raw[at] !== 0) unfilter(raw[at] as number, row, above, step);
      above = row;
      at += 1 + length;
      const start = ((y + r * dy) * width + x) * samples;
      if (dx === 1) unpackRow(row, bits, columns * samples, values, start);
      else {
        unpackRow(row, bits, columns * samples, line, 0);
        for (let i = 0; i < columns; i++)
          for (let c = 0; c < samples; c++) values[start + i * dx * samples + c] = line[i * samples + c] as number;
      }
    }
  }
  if (colorType !== 3) return { width, height, samples, bits, values, orientation };
  if (!palette) throw new RangeError('no palette');
  const colors = palette.length / 3;
  for (const index of values) if (index >= colors) throw new RangeError(`color ${index} of a palette of ${colors}`);
  return { width, height, samples, bits, values, palette, orientation };
}

/** Decodes a PNG to 8 bits: palettes become colors, alpha is dropped, 16-bit samples keep their high byte. The caller has checked the size. */
export function decodePng(bytes: Uint8Array): RasterImage {
  const { width, height, samples, bits, values, palette, orientation } = readPngSamples(bytes);
  if (palette) {
    const data = new Uint8Array(width * height * 3);
    values.forEach((index, i) => {
      data.set(palette.subarray(3 * index, 3 * index + 3), 3 * i);
    });
    return orient({ width, height, channels: 3, data }, orientation);
  }
  if (bits < 8) for (let i = 0; i < values.length; i++) values[i] = ((values[i] as number) * 255) / (2 ** bits - 1);
  return orient(fromSamples(width, height, samples, values), orientation);
}
