// TIFF in plain TypeScript (TIFF 6.0): gray, RGB and palette pixels of 1 to 16 bits, in strips or tiles.
import { fromSamples, unpackRow } from './convert.ts';
import { checkClaim } from './header.ts';
import { orient } from './orient.ts';
import type { RasterImage } from './raster.ts';
import { readTiffPages, type TiffPage } from './tiff-pages.ts';
import { unpackStrip } from './tiff-strips.ts';

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly across: number;
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
}

/** Strips are tiles as wide as the picture. */
function layoutOf({ width, height, tag }: TiffPage): Layout {
  const tileWidth = tag(322)?.[0];
  const size = tileWidth
    ? { width: tileWidth, height: tag(323)?.[0] ?? 0 }
    : { width, height: Math.min(tag(278)?.[0] ?? height, height) };
  const across = Math.ceil(width / size.width);
  const offsets = tag(tileWidth ? 324 : 273) ?? [];
  const counts = tag(tileWidth ? 325 : 279) ?? [];
  if (!(size.width > 0 && size.height > 0) || size.width * size.height > 4 * width * height + 65536)
    throw new RangeError(`tiles of ${size.width}x${size.height}`);
  return { ...size, across, offsets, counts };
}

/** Undoes the horizontal predictor: each sample is a difference from the one before it. */
function undoPredictor(row: Uint8Array | Uint16Array, from: number, count: number, samples: number): void {
  for (let i = from + samples; i < from + count; i++) row[i] = (row[i] as number) + (row[i - samples] as number);
}

/** 16-bit numbers with the high byte first, whichever end the file puts first. */
function swapBytes(bytes: Uint8Array): void {
  for (let i = 0; i + 1 < bytes.length; i += 2) [bytes[i], bytes[i + 1]] = [bytes[i + 1] as number, bytes[i] as number];
}

/** All samples of a page, interleaved. */
function readSamples(page: TiffPage): Uint8Array | Uint16Array {
  const { width, height, bits, samples, tag, reader } = page;
  const layout = layoutOf(page);
  const planes = tag(284)?.[0] === 2 ? samples : 1;
  const each = samples / planes;
  const down = Math.ceil(height / layout.height);
  if (layout.offsets.length < layout.across * down * planes) throw new RangeError(`${layout.offsets.length} strips`);
  const compression = tag(259)?.[0] ?? 1;
  const predicted = tag(317)?.[0] === 2;
  const counted = layout.counts.reduce((sum, count) => sum + count, 0);
  const present = Math.min(reader.bytes.length, layout.counts.length > 0 ? counted : Number.POSITIVE_INFINITY);
  checkClaim(Math.ceil((width * height * samples * bits) / 8), present);
  const out = bits === 16 ? new Uint16Array(width * height * samples) : new Uint8Array(width * height * samples);
  const lineSamples = layout.width * each;
  const line = bits === 16 ? new Uint16Array(lineSamples) : new Uint8Array(lineSamples);
  const rowBytes = Math.ceil((lineSamples * bits) / 8);
  for (let tile = 0; tile < layout.across * down * planes; tile++) {
    const [plane, place] = [Math.floor(tile / (layout.across * down)), tile % (layout.across * down)];
    const [x, y] = [(place % layout.across) * layout.width, Math.floor(place / layout.across) * layout.height];
    // Tiles are whole, padded at the edges; the last strip may be short.
    const rows = tag(322) ? layout.height : Math.min(layout.height, height - y);
    const packed = reader.part(layout.offsets[tile] as number, layout.counts[tile] ?? rows * rowBytes);
    const raw = new Uint8Array(rows * rowBytes);
    unpackStrip(packed, compression, raw);
    if (bits === 16 && reader.littleEndian) swapBytes(raw);
    const columns = Math.min(layout.width, width - x);
    for (let r = 0; r < Math.min(rows, height - y); r++) {
      unpackRow(raw.subarray(r * rowBytes, (r + 1) * rowBytes), bits, lineSamples, line, 0);
      if (predicted) undoPredictor(line, 0, lineSamples, each);
      const start = ((y + r) * width + x) * samples;
      if (planes === 1) out.set(line.subarray(0, columns * samples), start);
      else for (let i = 0; i < columns; i++) out[start + i * samples + plane] = line[i] as number;
    }
  }
  return out;
}

/** Gray values of few bits as 8 bits, white turned to 255 where the file has it as 0. */
function stretch(values: Uint8Array | Uint16Array, bits: number, whiteIsZero: boolean): void {
  const most = 2 ** bits - 1;
  const scale = bits < 8 ? 255 / most : 1;
  if (scale === 1 && !whiteIsZero) return;
  for (let i = 0; i < values.length; i++)
    values[i] = (whiteIsZero ? most - (values[i] as number) : (values[i] as number)) * scale;
}

/** Through the palette: its 16-bit reds, then greens, then blues. */
function throughPalette(indices: Uint8Array | Uint16Array, palette: readonly number[]): Uint8Array {
  const colors = palette.length / 3;
  const out = new Uint8Array(indices.length * 3);
  indices.forEach((index, i) => {
    for (let c = 0; c < 3; c++) out[3 * i + c] = (palette[c * colors + index] ?? 0) >> 8;
  });
  return out;
}

/** The samples of a TIFF page as stored. */
export interface TiffSamples {
  readonly page: TiffPage;
  /** Interleaved samples, or palette indices. */
  readonly values: Uint8Array | Uint16Array;
}

/** Reads the stored samples of a TIFF page. `directory` counts all images of the file. The caller has checked the size. */
export function readTiffSamples(bytes: Uint8Array, directory: number): TiffSamples {
  const page = readTiffPages(bytes).find((candidate) => candidate.directory === directory);
  if (!page) throw new RangeError(`no directory ${directory}`);
  const { bits, samples, photometric, tag } = page;
  const unsigned = (tag(339)?.[0] ?? 1) === 1;
  const depths = new Set(tag(258) ?? [1]);
  if (![1, 2, 4, 8, 16].includes(bits) || depths.size > 1 || !unsigned || samples < 1 || samples > 8)
    throw new RangeError(`${samples} samples of ${[...depths].join(', ')} bits${unsigned ? '' : ', not unsigned'}`);
  if (photometric > 3 || (photometric === 2 && samples < 3))
    throw new RangeError(`photometric interpretation ${photometric}`);
  return { page, values: readSamples(page) };
}

/** Decodes a TIFF page to 8 bits; alpha is dropped, 16-bit samples keep their high byte. The caller has checked the size. */
export function decodeTiff(bytes: Uint8Array, directory: number): RasterImage {
  const { page, values } = readTiffSamples(bytes, directory);
  const { width, height, bits, samples, photometric, tag } = page;
  const palette = tag(320);
  let image: RasterImage;
  if (photometric === 3) {
    if (!palette || samples !== 1) throw new RangeError('no palette');
    image = { width, height, channels: 3, data: throughPalette(values, palette) };
  } else {
    stretch(values, bits, photometric === 0);
    image = fromSamples(width, height, samples, values, photometric === 2 ? 3 : 1);
  }
  return orient(image, tag(274)?.[0] ?? 1);
}
