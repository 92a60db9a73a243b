// Color DICOM frames: RGB, YBR and palettes (PS3.3 sections C.7.6.3.1.2 and C.7.9).

import { FormatError } from '../images/bytes.ts';
import type { RasterImage } from '../images/raster.ts';
import type { DicomDataSet } from './dicom-file.ts';
import type { PixelLayout, StoredFrame } from './dicom-layout.ts';

/** The entries of a segmented palette: runs of entries, straight lines to an entry, and repetitions of earlier segments. */
function expandSegments(words: readonly number[], entries: number): Uint16Array {
  const out = new Uint16Array(entries);
  let filled = 0;
  const push = (value: number) => {
    if (filled < entries) out[filled++] = value;
  };
  const run = (from: number, segments: number, nested: boolean): void => {
    for (let at = from, done = 0; at + 1 < words.length && done < segments && filled < entries; done++) {
      const [kind, length] = [words[at], words[at + 1] as number];
      at += 2;
      if (kind === 0) {
        for (let i = 0; i < length; i++) push(words[at + i] ?? 0);
        at += length;
      } else if (kind === 1) {
        const [begin, end] = [filled === 0 ? 0 : (out[filled - 1] as number), words[at++] ?? 0];
        if (filled === 0) throw new FormatError('one that begins with a line', 'a palette that begins with entries');
        for (let i = 1; i <= length; i++) push(Math.round(begin + ((end - begin) * i) / length));
      } else if (kind === 2 && !nested) {
        const [low, high] = [words[at] ?? 0, words[at + 1] ?? 0];
        at += 2;
        run(low + high * 65536, length, true);
      } else throw new FormatError(`segment ${kind}`, 'palette segments 0, 1 or 2');
    }
  };
  run(0, Infinity, false);
  if (filled < entries) throw new FormatError(`segments for ${filled}`, `a palette of ${entries} entries`);
  return out;
}

interface Palette {
  readonly first: number;
  readonly bits: number;
  readonly entries: Uint16Array;
}

/** The table of one color, plain or segmented. */
function paletteOf(data: DicomDataSet, color: 1 | 2 | 3, signed: boolean): Palette {
  const [descriptor, plain, segmented] = [0x00281100 + color, 0x00281200 + color, 0x00281220 + color];
  const count = data.word(descriptor, 0);
  const bits = data.word(descriptor, 2);
  const first = data.word(descriptor, 1, signed);
  if (count === undefined || bits === undefined || first === undefined)
    throw new FormatError('a file without', 'a palette of red, green and blue', 'Convert it to RGB.');
  const length = count || 65536;
  const tag = data.get(plain) ? plain : segmented;
  const bytes = data.value(tag) ?? new Uint8Array();
  if (tag === segmented) {
    // Of 8 bits too, segments are words if their bytes come in pairs with a zero high byte.
    const wide = bits > 8 || (bytes.length > 2 && bytes.every((byte, i) => i % 2 === 0 || byte === 0));
    const words = wide ? Array.from({ length: bytes.length >> 1 }, (_, i) => data.word(tag, i) as number) : [...bytes];
    return { first, bits, entries: expandSegments(words, length) };
  }
  if (bytes.length < length) throw new FormatError(`${bytes.length} bytes`, `a palette of ${length} entries`);
  const packed = bytes.length < 2 * length;
  const entries = Uint16Array.from({ length }, (_, i) =>
    packed ? (bytes[i] as number) : (data.word(tag, i) as number),
  );
  return { first, bits, entries };
}

function throughPalette(data: DicomDataSet, { signed }: PixelLayout, indices: StoredFrame['values']): Uint8Array {
  const palettes = ([1, 2, 3] as const).map((color) => paletteOf(data, color, signed));
  // Some files declare 16 bits but hold 8.
  const wide = palettes.some(({ bits, entries }) => bits > 8 && entries.some((entry) => entry > 255));
  const out = new Uint8Array(3 * indices.length);
  palettes.forEach(({ first, entries }, c) => {
    const shift = wide ? 8 : 0;
    for (let i = 0; i < indices.length; i++) {
      const index = Math.min(Math.max((indices[i] as number) - first, 0), entries.length - 1);
      out[3 * i + c] = (entries[index] as number) >> shift;
    }
  });
  return out;
}

/** Whether a gray frame shows its highest values in colors (PS3.3 section C.7.6.19). */
export const hasSupplementalColors = (data: DicomDataSet): boolean =>
  ['COLOR', 'MIXED'].includes(data.text(0x00089205) ?? '') && data.get(0x00281101) !== undefined;

/** A gray frame whose stored values from the palette's first on are colors. */
export function withSupplementalColors(
  data: DicomDataSet,
  layout: PixelLayout,
  { values }: StoredFrame,
  gray: RasterImage,
): RasterImage {
  const first = data.word(0x00281101, 1, layout.signed) ?? 0;
  const out = throughPalette(data, layout, values);
  for (let i = 0; i < values.length; i++)
    if ((values[i] as number) < first) out.fill(gray.data[i] as number, 3 * i, 3 * i + 3);
  return { ...gray, channels: 3, data: out };
}

/** Full-range YBR as RGB, in place. */
function ybrToRgb(pixels: Uint8Array): void {
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  for (let i = 0; i + 2 < pixels.length; i += 3) {
    const [y, b, r] = [pixels[i] as number, (pixels[i + 1] as number) - 128, (pixels[i + 2] as number) - 128];
    clamped[i] = y + 1.402 * r;
    clamped[i + 1] = y - 0.344136 * b - 0.714136 * r;
    clamped[i + 2] = y + 1.772 * b;
  }
}

/** A frame of three samples, or of indices into a palette, as RGB. Of samples of more than 8 bits the highest 8 stay. */
export function colorFrame(
  data: DicomDataSet,
  layout: PixelLayout,
  { values, photometric, bits }: StoredFrame,
): RasterImage {
  const { rows, columns, samples } = layout;
  const image = { width: columns, height: rows, channels: 3 } as const;
  if (photometric === 'PALETTE COLOR' && samples === 1) return { ...image, data: throughPalette(data, layout, values) };
  if (samples !== 3 || (photometric !== 'RGB' && photometric !== 'YBR_FULL'))
    throw new FormatError(
      `${photometric} with ${samples} ${samples === 1 ? 'sample' : 'samples'}`,
      'MONOCHROME1, MONOCHROME2, RGB, YBR_FULL, YBR_FULL_422 or PALETTE COLOR',
      'Convert the file to RGB.',
    );
  const rgb = new Uint8Array(values.length);
  const divisor = 2 ** Math.max(0, bits - 8);
  for (let i = 0; i < rgb.length; i++) rgb[i] = Math.min(255, Math.floor((values[i] as number) / divisor));
  if (photometric === 'YBR_FULL') ybrToRgb(rgb);
  return { ...image, data: rgb };
}
