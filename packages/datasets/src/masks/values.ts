// The values stored in a mask file, before any of them is interpreted as foreground.
import { ImageError } from '../errors.ts';
import { FormatError } from '../images/bytes.ts';
import { toGray } from '../images/convert.ts';
import type { DecodeImage } from '../images/decoder.ts';
import { readHeader, sniffFormat } from '../images/header.ts';
import { orient } from '../images/orient.ts';
import { readPngSamples } from '../images/png.ts';
import type { RasterImage } from '../images/raster.ts';
import { refusal } from '../images/refusal.ts';
import { readTiffSamples } from '../images/tiff/decode.ts';

/** What the values of a mask file are: gray levels, label numbers (indices of a colored palette), or colors. */
export type MaskValueKind = 'gray' | 'index' | 'color';

/** The values of one mask file. */
export interface MaskValues {
  readonly width: number;
  readonly height: number;
  readonly kind: MaskValueKind;
  /** The largest gray level that the file can hold, 255 or 65535; 0xffffff for colors. */
  readonly maximum: number;
  /** Whether compression may have changed values (JPEG, lossy WebP). */
  readonly lossy: boolean;
  /** One value per pixel, row-major; colors are 0xRRGGBB. */
  readonly data: Uint8Array | Uint16Array | Uint32Array;
}

/** Differences between channels up to this come from chroma compression. */
const CHROMA_NOISE = 48;
/** A lossless color image with more colors than this holds noise, not labels. */
const MOST_LABEL_COLORS = 64;

const pack = (r: number, g: number, b: number): number => (r << 16) | (g << 8) | b;

/** Gray values of 16 bits that are 8-bit levels stretched to full scale are given as 8 bits. */
function grayValues(width: number, height: number, data: Uint8Array | Uint16Array): MaskValues {
  const repeated = data instanceof Uint16Array && data.includes(65535) && data.every((v) => v % 257 === 0);
  const values = repeated ? Uint8Array.from(data, (v) => v / 257) : data;
  const maximum = values instanceof Uint16Array ? 65535 : 255;
  return { width, height, kind: 'gray', maximum, lossy: false, data: values };
}

/** The largest label number. */
const MOST_LABEL = 65535;

/** Values of scans and of float, signed and 32-bit samples as gray values: they must be whole numbers. */
export function wholeValues(width: number, height: number, data: ArrayLike<number>, name: string): MaskValues {
  let [low, high, broken] = [Infinity, -Infinity, 0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (!Number.isInteger(value)) broken += 1;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (broken > 0 || low < 0 || high > MOST_LABEL) {
    const range =
      low <= high ? `values from ${Number(low.toPrecision(6))} to ${Number(high.toPrecision(6))}` : 'no values';
    throw new ImageError(
      name,
      `a mask of whole numbers from 0 to ${MOST_LABEL}`,
      broken > 0 && low <= high ? `${range}, ${broken} of them no whole numbers` : range,
      { remedy: 'Save it as PNG with 0 for the background and one value for each label.' },
    );
  }
  const values = high > 255 ? Uint16Array.from(data) : Uint8Array.from(data);
  return grayValues(width, height, values);
}

/** Whether pixels have more colors than labels would. */
function hasManyColors(data: Uint8Array): boolean {
  const distinct = new Set<number>();
  for (let k = 0; k < data.length && distinct.size <= MOST_LABEL_COLORS; k += 3)
    distinct.add(pack(data[k] as number, data[k + 1] as number, data[k + 2] as number));
  return distinct.size > MOST_LABEL_COLORS;
}

/** Color pixels whose channels agree are gray; so are those whose channels differ only by compression noise. */
function rasterValues({ width, height, channels, data }: RasterImage, lossy: boolean): MaskValues {
  if (channels === 1) return { ...grayValues(width, height, data), lossy };
  let [chroma, brightest] = [0, 0];
  for (let k = 0; k < data.length; k += 3) {
    const [r, g, b] = [data[k] as number, data[k + 1] as number, data[k + 2] as number];
    if (r === g && g === b) {
      // As most pixels of most masks.
      if (r > brightest) brightest = r;
      continue;
    }
    const most = Math.max(r, g, b);
    chroma = Math.max(chroma, most - Math.min(r, g, b));
    brightest = Math.max(brightest, most);
  }
  if (chroma === 0 || (chroma <= CHROMA_NOISE && (lossy || (brightest > 127 && hasManyColors(data))))) {
    const gray = toGray({ width, height, channels: 3, data });
    return { ...grayValues(width, height, gray.data), lossy };
  }
  const colors = new Uint32Array(width * height);
  for (let i = 0, k = 0; i < colors.length; i++, k += 3)
    colors[i] = pack(data[k] as number, data[k + 1] as number, data[k + 2] as number);
  return { width, height, kind: 'color', maximum: 0xffffff, lossy, data: colors };
}

/** Palette indices: gray levels where all used colors are gray, label numbers where entry 0 is black, colors elsewhere. */
function paletteValues(
  width: number,
  height: number,
  indices: Uint8Array | Uint16Array,
  color: (index: number) => number,
): MaskValues {
  const used = [...new Set(indices)];
  const isGray = used.every((index) => {
    const value = color(index);
    return value === pack(value & 255, value & 255, value & 255);
  });
  if (isGray)
    return grayValues(
      width,
      height,
      Uint8Array.from(indices, (index) => color(index) & 255),
    );
  const common = { width, height, lossy: false } as const;
  if (color(0) === 0) return { ...common, kind: 'index', maximum: 255, data: Uint8Array.from(indices) };
  return { ...common, kind: 'color', maximum: 0xffffff, data: Uint32Array.from(indices, color) };
}

/** Samples with alpha: alpha is dropped, unless it is all that varies. */
function sampleValues(
  width: number,
  height: number,
  samples: number,
  colors: 1 | 3,
  data: Uint8Array | Uint16Array,
  name: string,
): MaskValues {
  const size = width * height;
  if (samples === 1) return grayValues(width, height, data);
  const channel = (c: number) => {
    const out = data.slice(0, size);
    for (let i = 0; i < size; i++) out[i] = data[samples * i + c] as number;
    return out;
  };
  const varies = (values: ArrayLike<number>) => Array.prototype.some.call(values, (v) => v !== values[0]);
  const channels = Array.from({ length: colors }, (_, c) => channel(c));
  if (samples > colors && !channels.some(varies)) {
    const alpha = channel(colors);
    const isShown = alpha[0] !== 0 || channels.every((values) => values[0] === 0);
    if (varies(alpha) || !isShown)
      throw new ImageError(
        name,
        'a mask in the color values',
        isShown || varies(alpha) ? 'one color, and values that vary only in the alpha channel' : 'a transparent image',
      );
  }
  const [first = data, second = first, third = first] = channels;
  if (first.every((v, i) => v === second[i] && v === third[i])) return grayValues(width, height, first);
  const shift = data instanceof Uint16Array ? 8 : 0;
  const rgb = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = (channels[c]?.[i] as number) >> shift;
  return rasterValues({ width, height, channels: 3, data: rgb }, false);
}

/** Samples of fewer than 8 bits, stretched so that the largest becomes 255. */
const stretch = (values: Uint8Array | Uint16Array, bits: number): Uint8Array | Uint16Array =>
  bits < 8 ? values.map((v) => (v * 255) / (2 ** bits - 1)) : values;

function pngValues(bytes: Uint8Array, name: string): MaskValues {
  const { width, height, samples, bits, values, palette, orientation } = readPngSamples(bytes);
  const read = palette
    ? paletteValues(width, height, values, (index) =>
        pack(palette[3 * index] ?? 0, palette[3 * index + 1] ?? 0, palette[3 * index + 2] ?? 0),
      )
    : sampleValues(width, height, samples, samples < 3 ? 1 : 3, stretch(values, bits), name);
  return { ...read, ...orient({ ...read, channels: 1 }, orientation) };
}

function tiffValues(bytes: Uint8Array, directory: number, name: string): MaskValues {
  const { page, values } = readTiffSamples(bytes, directory);
  const { width, height, samples, bits, photometric, tag } = page;
  const palette = tag(320);
  let read: MaskValues;
  if (values instanceof Float64Array) {
    if (samples !== 1 || photometric !== 1)
      throw new FormatError(`${samples} samples of ${bits} bits`, 'a mask of one sample, 0 for black');
    read = wholeValues(width, height, values, name);
  } else if (photometric === 3) {
    if (!palette) throw new FormatError('palette indices without a palette');
    const colors = palette.length / 3;
    read = paletteValues(width, height, values, (index) =>
      pack((palette[index] ?? 0) >> 8, (palette[colors + index] ?? 0) >> 8, (palette[2 * colors + index] ?? 0) >> 8),
    );
  } else {
    const most = 2 ** bits - 1;
    const upright = photometric === 0 ? values.map((v) => most - v) : values;
    read = sampleValues(width, height, samples, photometric === 2 ? 3 : 1, stretch(upright, bits), name);
  }
  return { ...read, ...orient({ ...read, channels: 1 }, tag(274)?.[0] ?? 1) };
}

const isLossy = (format: string | undefined, bytes: Uint8Array): boolean =>
  format === 'jpeg' || (format === 'webp' && !String.fromCharCode(...bytes.subarray(12, 64)).includes('VP8L'));

/** Reads the values of a mask file. Throws `ImageError`. */
export type DecodeMask = (
  bytes: Uint8Array,
  options?: { readonly name?: string; readonly page?: number },
) => Promise<MaskValues>;

/** The mask decoder that goes with a runtime's image decoder: PNG and TIFF are read as stored, other formats through it. */
export const maskDecoder =
  (decodeImage: DecodeImage): DecodeMask =>
  async (bytes, { name = 'mask', page } = {}) => {
    const format = sniffFormat(bytes);
    if (format === 'png' || format === 'tiff') {
      const { directory, bits } = readHeader(bytes, format, { name, page });
      try {
        return format === 'png' ? pngValues(bytes, name) : tiffValues(bytes, directory, name);
      } catch (cause) {
        // JPEG in TIFF has no stored samples.
        if (format === 'tiff' && bits <= 8 && !(cause instanceof ImageError))
          return rasterValues(await decodeImage(bytes, { name, page, as: 'stored' }), true);
        throw refusal(cause, name, 'a PNG or TIFF mask of whole numbers');
      }
    }
    // The window of a scan would change its values.
    const stored = await decodeImage.scanValues?.(bytes, { name, page });
    if (stored) return wholeValues(stored.width, stored.height, stored.values, name);
    return rasterValues(await decodeImage(bytes, { name, page, as: 'stored' }), isLossy(format, bytes));
  };
