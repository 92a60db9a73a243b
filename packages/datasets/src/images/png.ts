// PNG in plain TypeScript (W3C PNG, third edition): exact in every engine, where a canvas would multiply by alpha and cut 16 bits.
import { ByteReader, FormatError } from './bytes.ts';
import { checkClaim } from './header.ts';
import { type FastInflate, InflateReader } from './inflate.ts';
import { exifOrientation, orient } from './orient.ts';
import type { RasterImage } from './raster.ts';
import { LineSink, Tone, type ToneOptions, withoutWindow } from './tone.ts';
import { unpackRow } from './unpack.ts';

/** Samples per pixel by color type: gray, RGB, palette, gray with alpha, RGB with alpha. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** The checksum of a PNG's chunks. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = (CRC[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

interface Chunks {
  readonly header: Uint8Array;
  readonly palette: Uint8Array | undefined;
  readonly data: Uint8Array;
  readonly orientation: number;
}

/**
 * The chunks that hold pixels; text and color profiles are not even unpacked. A file may end early after its first pixels:
 * whether pixels are missing shows when they are unpacked.
 */
function readChunks(bytes: Uint8Array): Chunks {
  const reader = new ByteReader(bytes, false);
  const parts: Uint8Array[] = [];
  const found: Partial<Record<string, Uint8Array>> = {};
  for (let at = 8, ended = false; !ended; ) {
    if (parts.length > 0 && at + 8 > bytes.length) break;
    const length = reader.u32(at);
    const type = String.fromCharCode(...reader.part(at + 4, 4));
    const isCut = at + 12 + length > bytes.length;
    if (isCut && type !== 'IDAT' && parts.length > 0) break;
    const body = reader.part(at + 8, isCut && type === 'IDAT' ? Math.min(length, bytes.length - at - 8) : length);
    const critical = (reader.u8(at + 4) & 0x20) === 0;
    if (critical && !isCut && crc32(reader.part(at + 4, length + 4)) !== reader.u32(at + 8 + length))
      throw new FormatError(`a wrong checksum of chunk ${/^[A-Za-z]{4}$/.test(type) ? type : `at byte ${at}`}`);
    if (type === 'IDAT') parts.push(body);
    else if (type === 'IHDR' || type === 'PLTE' || type === 'eXIf') found[type] ??= body;
    ended = type === 'IEND';
    at += 12 + length;
  }
  const data =
    parts.length === 1 ? (parts[0] as Uint8Array) : new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  if (parts.length > 1) {
    let filled = 0;
    for (const part of parts) {
      data.set(part, filled);
      filled += part.length;
    }
  }
  const { IHDR, PLTE, eXIf } = found;
  if (IHDR?.length !== 13) throw new FormatError('no header chunk');
  return { header: IHDR, palette: PLTE, data, orientation: eXIf ? exifOrientation(eXIf) : 1 };
}

/** The bytes of a row that come before its first pixel count as 0. Undoes the filter of a row in place; `above` is the row before it, already undone. */
function unfilter(kind: number, row: Uint8Array, above: Uint8Array, step: number): void {
  const length = row.length;
  if (kind === 1) for (let i = step; i < length; i++) row[i] = (row[i] as number) + (row[i - step] as number);
  else if (kind === 2) for (let i = 0; i < length; i++) row[i] = (row[i] as number) + (above[i] as number);
  else if (kind === 3) {
    for (let i = 0; i < step && i < length; i++) row[i] = (row[i] as number) + ((above[i] as number) >> 1);
    for (let i = step; i < length; i++)
      row[i] = (row[i] as number) + (((row[i - step] as number) + (above[i] as number)) >> 1);
  } else if (kind === 4) {
    for (let i = 0; i < step && i < length; i++) row[i] = (row[i] as number) + (above[i] as number);
    for (let i = step; i < length; i++) {
      const left = row[i - step] as number;
      const up = above[i] as number;
      const corner = above[i - step] as number;
      const a = Math.abs(up - corner);
      const b = Math.abs(left - corner);
      const c = Math.abs(left + up - 2 * corner);
      row[i] = (row[i] as number) + (a <= b && a <= c ? left : b <= c ? up : corner);
    }
  } else if (kind !== 0) throw new FormatError(`a row with filter ${kind}`);
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
export interface PngSamples extends PngHeader {
  /** Interleaved samples, or palette indices. */
  readonly values: Uint8Array | Uint16Array;
}

interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Samples per pixel, alpha included. */
  readonly samples: number;
  readonly bits: number;
  /** RGB triples; only for palette images. */
  readonly palette?: Uint8Array;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
}

/** Takes `columns` pixels of row `y` from column `x`, every `dx`-th. The line is reused afterwards. */
type VisitLine = (line: Uint8Array | Uint16Array, y: number, x: number, dx: number, columns: number) => void;

/** A PNG before its pixels are unpacked. */
interface OpenPng {
  readonly header: PngHeader;
  readonly interlaced: boolean;
  readonly data: Uint8Array;
}

function openPng(bytes: Uint8Array): OpenPng {
  const { header, palette, data, orientation } = readChunks(bytes);
  const reader = new ByteReader(header, false);
  const [bits, colorType, interlace] = [reader.u8(8), reader.u8(9), reader.u8(12)];
  const samples = SAMPLES[colorType];
  const depths = colorType === 0 ? [1, 2, 4, 8, 16] : colorType === 3 ? [1, 2, 4, 8] : [8, 16];
  if (samples === undefined || !depths.includes(bits) || interlace > 1)
    throw new FormatError(`color type ${colorType} with ${bits} bits, interlacing ${interlace}`);
  if (colorType === 3 && !palette) throw new FormatError('palette indices without a palette');
  return {
    header: {
      width: reader.u32(0),
      height: reader.u32(4),
      samples,
      bits,
      orientation,
      ...(colorType === 3 && { palette }),
    },
    interlaced: interlace === 1,
    data,
  };
}

/** Unpacks the pixels line by line. */
function visitLines({ header, interlaced, data }: OpenPng, visit: VisitLine, fast: FastInflate | undefined): void {
  const { width, height, bits, samples, palette } = header;
  const passes = (interlaced ? PASSES.adam7 : PASSES.none)
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
  const stream = new InflateReader(data, expected, { fast });
  const step = Math.max(1, (samples * bits) >> 3);
  const colors = palette ? Math.floor(palette.length / 3) : 0;
  for (const { x, y, dx, dy, columns, rows } of passes) {
    const length = rowBytes(columns);
    const line = bits === 16 ? new Uint16Array(columns * samples) : new Uint8Array(columns * samples);
    // The filter's number, then the row.
    let [above, current] = [new Uint8Array(1 + length), new Uint8Array(1 + length)];
    for (let r = 0; r < rows; r++) {
      stream.read(current);
      const row = current.subarray(1);
      unfilter(current[0] as number, row, above.subarray(1), step);
      unpackRow(row, bits, columns * samples, line);
      if (palette)
        for (const index of line)
          if (index >= colors) throw new FormatError(`color ${index} of a palette of ${colors}`);
      visit(line, y + r * dy, x, dx, columns);
      [above, current] = [current, above];
    }
  }
}

/** Reads the stored samples of a PNG of any depth, color type and interlacing. The caller has checked the size. */
export function readPngSamples(bytes: Uint8Array): PngSamples {
  const file = openPng(bytes);
  const { width, height, samples, bits } = file.header;
  const values = bits === 16 ? new Uint16Array(width * height * samples) : new Uint8Array(width * height * samples);
  const visit: VisitLine = (line, y, x, dx, columns) => {
    const start = (y * width + x) * samples;
    if (dx === 1) values.set(line, start);
    else
      for (let i = 0; i < columns; i++)
        for (let c = 0; c < samples; c++) values[start + i * dx * samples + c] = line[i * samples + c] as number;
  };
  visitLines(file, visit, undefined);
  return { ...file.header, values };
}

/**
 * Decodes a PNG to 8 bits: palettes become colors, alpha is dropped, 16-bit samples keep their high byte or go through the window.
 * The caller has checked the size.
 */
export function decodePng(
  bytes: Uint8Array,
  { fastInflate, ...options }: ToneOptions & { readonly fastInflate?: FastInflate } = {},
): RasterImage {
  const file = openPng(bytes);
  const { width, height, samples, bits, palette, orientation } = file.header;
  if (palette) {
    const data = new Uint8Array(width * height * 3);
    const visit: VisitLine = (line, y, x, dx, columns) => {
      for (let i = 0, to = (y * width + x) * 3; i < columns; i++, to += 3 * dx) {
        const from = 3 * (line[i] as number);
        data[to] = palette[from] as number;
        data[to + 1] = palette[from + 1] as number;
        data[to + 2] = palette[from + 2] as number;
      }
    };
    visitLines(file, visit, fastInflate);
    return orient({ width, height, channels: 3, data }, orientation);
  }
  const channels = samples < 3 ? 1 : 3;
  const tone = new Tone({ bits, format: 'unsigned' }, channels === 1 ? options : withoutWindow(options));
  const sink = new LineSink(width, height, samples, channels, tone);
  visitLines(file, (line, y, x, dx, columns) => sink.put(line, y, x, dx, columns), fastInflate);
  tone.finish();
  return orient({ width, height, channels, data: sink.data }, orientation);
}
