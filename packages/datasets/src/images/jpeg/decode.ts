// JPEG in plain TypeScript, equal to libjpeg and so to OpenCV and PIL bit for bit: baseline and progressive Huffman coding,
// 8 bits, gray, YCbCr, RGB, CMYK and YCCK. What is damaged or ends early is refused.
import { FormatError } from '../bytes.ts';
import { checkClaim, MAXIMUM_BYTES } from '../header.ts';
import { exifOrientation, orient } from '../orient.ts';
import type { RasterImage } from '../raster.ts';
import type { HuffmanTable } from './huffman.ts';
import { inverseDct } from './idct.ts';
import { type JpegFile, readJpeg, type Scan } from './markers.ts';
import {
  type Plane,
  type ProgressiveState,
  planesOf,
  progressiveBlock,
  sequentialBlock,
  visitBlocks,
} from './scans.ts';
import { type RowUpsampler, type Samples, upsampler } from './upsample.ts';

/** How the components are colors: as stored, or as luma and chroma of RGB or of CMY. */
type ColorSpace = 'gray' | 'rgb' | 'ycc' | 'cmyk' | 'ycck';

/** libjpeg's guess (jdapimin.c, default_decompress_parms). */
function colorSpaceOf({ components, jfif, adobe }: JpegFile): ColorSpace {
  if (components.length === 1) return 'gray';
  if (components.length === 4) return adobe === 2 ? 'ycck' : 'cmyk';
  if (jfif) return 'ycc';
  if (adobe !== undefined) return adobe === 0 ? 'rgb' : 'ycc';
  return components.map(({ id }) => String.fromCharCode(id)).join('') === 'RGB' ? 'rgb' : 'ycc';
}

const tableOf = (scans: readonly Scan[], index: number): Uint16Array => {
  // libjpeg keeps the table that is current when the component first appears.
  const table = scans.find(({ components }) => components.includes(index))?.quantization[index];
  if (!table) throw new FormatError('a JPEG without its quantization table');
  return table;
};

/** Blocks visited by all scans together: a bound on the time that hostile files can take. */
const MAXIMUM_BLOCKS = 1 << 24;

/** Refuses a file whose decoding would take much more memory or time than its size justifies. */
function checkJpeg(bytes: Uint8Array, file: JpegFile): void {
  const planes = planesOf(file);
  const blocks = planes.reduce((sum, { across, down }) => sum + across * down, 0);
  // Each block takes a bit at the least, or, in a progressive file, a share of a run of 32767.
  if (!file.progressive) checkClaim(blocks, bytes.length, 8);
  if (file.scans.length > 1 && 128 * blocks > MAXIMUM_BYTES)
    throw new FormatError(`a progressive JPEG of ${128 * blocks} bytes of coefficients; the limit is ${MAXIMUM_BYTES}`);
  const visited = file.scans.reduce(
    (sum, { components }) =>
      sum + components.reduce((n, i) => n + (planes[i] as Plane).across * (planes[i] as Plane).down, 0),
    0,
  );
  if (visited > MAXIMUM_BLOCKS) throw new FormatError(`a JPEG of ${file.scans.length} scans for ${blocks} blocks`);
}

/** All samples of the first `count` components. */
function decodeSamples(bytes: Uint8Array, file: JpegFile, count: number): Samples[] {
  checkJpeg(bytes, file);
  const planes = planesOf(file);
  const samples = planes.slice(0, count).map(({ across, down, width, height }): Samples => {
    const data = new Uint8ClampedArray(64 * across * down);
    return { data, words: new Uint32Array(data.buffer), stride: 8 * across, width, height };
  });
  const tables = planes.map((_, i) => tableOf(file.scans, i));
  if (file.scans.length === 1) decodeAtOnce(bytes, file.scans[0] as Scan, planes, tables, samples);
  else decodeInScans(bytes, file, planes, tables, samples);
  return samples;
}

/** Decodes a sequential file whose blocks are whole, so that each can be transformed at once. */
function decodeAtOnce(
  bytes: Uint8Array,
  scan: Scan,
  planes: readonly Plane[],
  tables: readonly Uint16Array[],
  samples: readonly Samples[],
): void {
  const { components, dc, ac } = scan;
  const predictions = new Int32Array(components.length);
  const restart = () => predictions.fill(0);
  const block = new Int16Array(64);
  visitBlocks(bytes, scan, planes, restart, (i, column, row) => {
    const index = components[i] as number;
    const quantization = tables[index] as Uint16Array;
    const extent = sequentialBlock(
      dc[i] as HuffmanTable,
      ac[i] as HuffmanTable,
      quantization,
      predictions,
      i,
      block,
      0,
    );
    const plane = samples[index];
    if (plane) inverseDct(block, extent, plane, 8 * (row * plane.stride + column));
    if (extent > 0) block.fill(0);
  });
}

/** Decodes a file whose blocks, or whose components, are in several scans: all coefficients first. */
function decodeInScans(
  bytes: Uint8Array,
  { progressive, scans }: JpegFile,
  planes: readonly Plane[],
  tables: readonly Uint16Array[],
  samples: readonly Samples[],
): void {
  const coefficients = planes.map(({ across, down }) => new Int16Array(64 * across * down));
  for (const scan of scans) {
    const { components, dc, ac } = scan;
    const predictions = new Int32Array(components.length);
    const state: ProgressiveState = { predictions, endOfBand: 0 };
    const restart = () => {
      predictions.fill(0);
      state.endOfBand = 0;
    };
    visitBlocks(bytes, scan, planes, restart, (i, column, row) => {
      const index = components[i] as number;
      const at = 64 * (row * (planes[index] as Plane).across + column);
      const all = coefficients[index] as Int16Array;
      if (progressive) progressiveBlock(scan, i, state, all, at);
      else sequentialBlock(dc[i] as HuffmanTable, ac[i] as HuffmanTable, UNCHANGED, predictions, i, all, at);
    });
  }
  const block = new Int16Array(64);
  samples.forEach((plane, i) => {
    const { across, down } = planes[i] as Plane;
    for (let row = 0, at = 0; row < down; row++)
      for (let column = 0; column < across; column++, at += 64) {
        const extent = dequantize(coefficients[i] as Int16Array, at, tables[i] as Uint16Array, block);
        inverseDct(block, extent, plane, 8 * (row * plane.stride + column));
      }
  });
}

/** Leaves coefficients as they are. */
const UNCHANGED = new Uint16Array(64).fill(1);

/** Multiplies 64 coefficients from `at` by the quantization into a block, wrapping 16-bit numbers. Gives the block's extent. */
function dequantize(coefficients: Int16Array, at: number, quantization: Uint16Array, block: Int16Array): number {
  let extent = 0;
  for (let k = 0; k < 64; k++) {
    const value = coefficients[at + k] as number;
    if (value !== 0) extent |= k;
    block[k] = value * (quantization[k] as number);
  }
  return extent;
}

/** Offsets of red, green and blue by chroma, in libjpeg's integers (jdcolor.c). */
const chroma = (factor: number, half = 0) =>
  Int32Array.from({ length: 256 }, (_, i) => Math.round(factor * 65536) * (i - 128) + half);
const [RED, BLUE] = [1.402, 1.772].map((factor) => chroma(factor, 32768).map((v) => v >> 16)) as [
  Int32Array,
  Int32Array,
];
const [GREEN_R, GREEN_B] = [chroma(-0.71414), chroma(-0.34414, 32768)];

/** Writes a row of luma and chroma as RGB from `at`. `out` clamps. */
function fromLuma(
  luma: Uint8Array,
  blues: Uint8Array,
  reds: Uint8Array,
  count: number,
  out: Uint8ClampedArray,
  at: number,
): void {
  const red = RED;
  const blue = BLUE;
  const greenR = GREEN_R;
  const greenB = GREEN_B;
  for (let x = 0, to = at; x < count; x++, to += 3) {
    const y = luma[x] as number;
    const cb = blues[x] as number;
    const cr = reds[x] as number;
    out[to] = y + (red[cr] as number);
    out[to + 1] = y + (((greenB[cb] as number) + (greenR[cr] as number)) >> 16);
    out[to + 2] = y + (blue[cb] as number);
  }
}

/** Writes a row of three components as they are from `at`. */
function interleave(
  first: Uint8Array,
  second: Uint8Array,
  third: Uint8Array,
  count: number,
  out: Uint8ClampedArray,
  at: number,
): void {
  for (let x = 0, to = at; x < count; x++, to += 3) {
    out[to] = first[x] as number;
    out[to + 1] = second[x] as number;
    out[to + 2] = third[x] as number;
  }
}

/** Mixes a row of inks, which JPEG files store inverted, with the black one, as OpenCV does. `inks` are inverted again after YCCK. */
function mixBlack(black: Uint8Array, count: number, luma: boolean, inks: Uint8ClampedArray, at: number): void {
  for (let x = 0, to = at; x < count; x++)
    for (const key = black[x] as number, end = to + 3; to < end; to++) {
      const ink = luma ? 255 - (inks[to] as number) : (inks[to] as number);
      inks[to] = key - (((255 - ink) * key) >> 8);
    }
}

/** Calls `visit` with each row of the given components, the first ones, at full size. The rows are reused. */
function visitRows(
  { width, height, components }: JpegFile,
  samples: readonly Samples[],
  visit: (rows: readonly Uint8Array[], y: number) => void,
): void {
  const [h, v] = [Math.max(...components.map((c) => c.h)), Math.max(...components.map((c) => c.v))];
  const upsamplers = samples.map((plane, i) => {
    const component = components[i] as JpegFile['components'][number];
    return upsampler(plane, h / component.h, v / component.v);
  });
  const rows = samples.map(() => new Uint8Array(width + 8));
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < rows.length; i++) (upsamplers[i] as RowUpsampler)(y, rows[i] as Uint8Array);
    visit(rows, y);
  }
}

/** Decodes the components of a JPEG as stored, interleaved. */
export function decodeComponents(bytes: Uint8Array, file: JpegFile): { readonly data: Uint8Array } {
  const { width, height, components } = file;
  const count = components.length;
  const data = new Uint8Array(width * height * count);
  visitRows(file, decodeSamples(bytes, file, count), (rows, y) =>
    rows.forEach((row, c) => {
      for (let x = 0, to = y * width * count + c; x < width; x++, to += count) data[to] = row[x] as number;
    }),
  );
  return { data };
}

/** The first component alone. */
function firstImage(file: JpegFile, [first]: readonly Samples[]): RasterImage {
  const { width, height } = file;
  const data = new Uint8Array(width * height);
  visitRows(file, [first as Samples], ([row], y) => data.set((row as Uint8Array).subarray(0, width), y * width));
  return { width, height, channels: 1, data };
}

function colorImage(file: JpegFile, samples: readonly Samples[], space: ColorSpace): RasterImage {
  const { width, height } = file;
  const data = new Uint8ClampedArray(width * height * 3);
  const luma = space === 'ycc' || space === 'ycck';
  const convert = luma ? fromLuma : interleave;
  visitRows(file, samples, ([first, second, third, black], y) => {
    convert(first as Uint8Array, second as Uint8Array, third as Uint8Array, width, data, 3 * y * width);
    if (black) mixBlack(black, width, luma, data, 3 * y * width);
  });
  return { width, height, channels: 3, data: new Uint8Array(data.buffer) };
}

/** Decodes a JPEG that has been read. `space` overrides the color space that the file suggests. */
export function decodeJpegFile(bytes: Uint8Array, file: JpegFile, space = colorSpaceOf(file)): RasterImage {
  const samples = decodeSamples(bytes, file, file.components.length);
  return samples.length === 1 ? firstImage(file, samples) : colorImage(file, samples, space);
}

/** Whether samples of chroma have no color. */
function isNeutral({ words }: Samples): boolean {
  // Several times faster than an iterator.
  for (let i = 0; i < words.length; i++) if (words[i] !== 0x80808080) return false;
  return true;
}

/** Luma and chroma as RGB, or the luma alone if there is no color: then red, green and blue would all equal it. */
function leastChannels(bytes: Uint8Array, file: JpegFile): RasterImage {
  const samples = decodeSamples(bytes, file, 3);
  return samples.slice(1).every(isNeutral) ? firstImage(file, samples) : colorImage(file, samples, 'ycc');
}

/**
 * Decodes a JPEG, turned upright by its EXIF orientation. The caller has checked the size.
 *
 * @param as `gray`: of luma and chroma, the luma, as OpenCV reads it, which is not the gray of the colors; other files stay in color.
 * `stored`: one channel if there is no color
 */
export function decodeJpeg(bytes: Uint8Array, as: 'color' | 'gray' | 'stored' = 'color'): RasterImage {
  const file = readJpeg(bytes);
  const image =
    as === 'color' || colorSpaceOf(file) !== 'ycc'
      ? decodeJpegFile(bytes, file)
      : as === 'gray'
        ? firstImage(file, decodeSamples(bytes, file, 1))
        : leastChannels(bytes, file);
  return orient(image, file.exif ? exifOrientation(file.exif) : 1);
}
