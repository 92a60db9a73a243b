// Gray DICOM frames: stored values, through the modality's table or rescaling, through the values-of-interest table or window (PS3.3 sections C.11.1 and C.11.2), as 0 to 255.

import { FormatError } from '../images/bytes.ts';
import type { RasterImage } from '../images/raster.ts';
import type { DicomDataSet } from './dicom-file.ts';
import { holderOf, type PixelLayout, type StoredFrame, TAGS } from './dicom-layout.ts';
import { exactWindow, type GrayWindow, linearWindow, shownRange, type Window, type WindowSetting } from './window.ts';

/** A function of a value; `dark` and `bright` bound its results. */
interface LookupTable {
  readonly read: (value: number) => number;
  readonly bright: number;
}

/** A lookup table of a sequence item: entries, first mapped value and bits; the entries as words or packed bytes. */
function lookupTable(item: DicomDataSet, signed: boolean): LookupTable {
  const [descriptor, data] = [0x00283002, 0x00283006];
  const vr = item.get(descriptor)?.vr;
  const [count, bits] = [item.word(descriptor, 0), item.word(descriptor, 2)];
  const first = item.word(descriptor, 1, vr === 'SS' || (vr !== 'US' && signed));
  const entries = count === 0 ? 65536 : count;
  const length = item.get(data)?.length ?? 0;
  if (entries === undefined || first === undefined || bits === undefined || length < entries)
    throw new FormatError(`${length} bytes for ${entries ?? 'no'} entries`, 'a whole lookup table');
  const packed = length < 2 * entries;
  const bytes = item.value(data) as Uint8Array;
  const table = Uint16Array.from({ length: entries }, (_, i) =>
    packed ? (bytes[i] as number) : (item.word(data, i) as number),
  );
  const largest = table.reduce((a, b) => Math.max(a, b), 0);
  // Some files declare fewer bits than their entries have.
  const bright = Math.max(2 ** Math.min(bits, 16) - 1, largest);
  return { read: (value) => table[Math.min(Math.max(Math.round(value) - first, 0), entries - 1)] as number, bright };
}

/** What a stored value measures, in the modality's units. */
export function modalityOf(data: DicomDataSet, frame: number, signed: boolean): (stored: number) => number {
  const item = data.items(TAGS.modalityLut)[0];
  if (item) return lookupTable(item, signed).read;
  const slope = holderOf(data, TAGS.rescaleSlope, frame).strictDecimal(TAGS.rescaleSlope) ?? 1;
  const intercept = holderOf(data, TAGS.rescaleIntercept, frame).strictDecimal(TAGS.rescaleIntercept) ?? 0;
  return (stored) => stored * slope + intercept;
}

export const through = ({ low, high }: Window) => {
  const scale = high > low ? 255 / (high - low) : 0;
  return (value: number) => (value <= low || Number.isNaN(value) ? 0 : value >= high ? 255 : (value - low) * scale);
};

/** The gray, 0 to 255, of a measured value by the file's table or window; `undefined` if it has neither. */
export function voiOf(data: DicomDataSet, frame: number, signed: boolean): ((value: number) => number) | undefined {
  const item = holderOf(data, TAGS.voiLut, frame).items(TAGS.voiLut)[0];
  if (item) {
    const { read, bright } = lookupTable(item, signed);
    return (value) => (read(value) / bright) * 255;
  }
  const center = holderOf(data, TAGS.windowCenter, frame).strictDecimal(TAGS.windowCenter);
  const width = holderOf(data, TAGS.windowWidth, frame).strictDecimal(TAGS.windowWidth);
  if (center === undefined || width === undefined || width <= 0) return undefined;
  const kind = holderOf(data, TAGS.voiFunction, frame).text(TAGS.voiFunction) ?? 'LINEAR';
  if (kind === 'SIGMOID') return (value) => 255 / (1 + Math.exp((-4 * (value - center)) / width));
  if (kind !== 'LINEAR' && kind !== 'LINEAR_EXACT')
    throw new FormatError(kind, 'VOI LUT Function LINEAR, LINEAR_EXACT or SIGMOID', 'Choose a window.');
  // Widths below 1, which LINEAR excludes, can only be meant exactly.
  return through(kind === 'LINEAR' && width >= 1 ? linearWindow(center, width) : exactWindow({ center, width }));
}

/** The ends of a frame's own linear window; none for a table or a curve. */
export function endsOf(data: DicomDataSet, frame: number): Partial<Window> {
  const decimal = (tag: number) => holderOf(data, tag, frame).decimal(tag);
  const [center, width] = [decimal(TAGS.windowCenter), decimal(TAGS.windowWidth)];
  if (holderOf(data, TAGS.voiLut, frame).items(TAGS.voiLut).length > 0) return {};
  if (center === undefined || width === undefined) return {};
  const kind = holderOf(data, TAGS.voiFunction, frame).text(TAGS.voiFunction) ?? 'LINEAR';
  if (kind === 'SIGMOID') return {};
  return kind === 'LINEAR' && width >= 1 ? linearWindow(center, width) : exactWindow({ center, width });
}

/** Whether a stored value is padding around the image, which does not count for the range of values (PS3.3 section C.7.5.1.1.2). */
export function paddingOf(data: DicomDataSet, signed: boolean): (stored: number) => boolean {
  const value = data.word(0x00280120, 0, signed);
  if (value === undefined) return () => false;
  const limit = data.word(0x00280121, 0, signed) ?? value;
  const [low, high] = [Math.min(value, limit), Math.max(value, limit)];
  return (stored) => stored >= low && stored <= high;
}

/** From the smallest to the largest measured value, without padding. */
function rangeOf(
  values: StoredFrame['values'],
  measured: (stored: number) => number,
  isPadding: (stored: number) => boolean,
): Window {
  let [low, high] = [Infinity, -Infinity];
  for (const stored of values) {
    if (isPadding(stored)) continue;
    const value = measured(stored);
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? { low, high } : { low: 0, high: 1 };
}

/** Applies a function to all values, by a table where there are more values than kinds of them. */
function mapValues(values: StoredFrame['values'], gray: (stored: number) => number): Uint8Array {
  const out = new Uint8Array(values.length);
  const kinds = values.BYTES_PER_ELEMENT <= 2 ? 2 ** (8 * values.BYTES_PER_ELEMENT) : Infinity;
  if (values.length <= kinds) {
    for (let i = 0; i < out.length; i++) out[i] = gray(values[i] as number);
    return out;
  }
  const mask = kinds - 1;
  const table = new Uint8Array(kinds);
  const signed = values instanceof Int8Array || values instanceof Int16Array;
  for (let i = 0; i < kinds; i++) table[i] = gray(signed && i >= kinds / 2 ? i - kinds : i);
  for (let i = 0; i < out.length; i++) out[i] = table[(values[i] as number) & mask] as number;
  return out;
}

/** Segmentations (SEG) have grays of their own: bits, fractions of a maximum, or labels, which stay as they are. */
function segmentationGray(data: DicomDataSet, { allocated }: PixelLayout): ((stored: number) => number) | undefined {
  if (allocated === 1) return (stored) => 255 * stored;
  const kind = data.text(0x00620001);
  if (kind === 'FRACTIONAL') {
    const most = data.word(0x0062000e) || 255;
    return (stored) => Math.min(255, Math.round((255 * stored) / most));
  }
  if (kind === 'LABELMAP') {
    if (allocated > 8) throw new FormatError(`one of ${allocated}`, 'a label map of 8 bits', 'Convert it to 8 bits.');
    return (stored) => stored;
  }
  return undefined;
}

export interface GrayOptions {
  /** Replaces the file's window. */
  readonly window?: WindowSetting;
  /** Receives a note if the file has no window. */
  readonly onWarning?: (message: string) => void;
  /** Not called for segmentations. */
  readonly onWindow?: (window: GrayWindow) => void;
}

/** The stored values of a frame as 0 to 255. */
export function grayFrame(
  data: DicomDataSet,
  layout: PixelLayout,
  { values, photometric }: StoredFrame,
  frame: number,
  { window, onWarning, onWindow }: GrayOptions,
): RasterImage {
  const { rows, columns, signed } = layout;
  const image = { width: columns, height: rows, channels: 1 } as const;
  const segmentation = segmentationGray(data, layout);
  if (segmentation) return { ...image, data: mapValues(values, segmentation) };
  const measured = modalityOf(data, frame, signed);
  let shown = window ? through(exactWindow(window)) : voiOf(data, frame, signed);
  if (window) onWindow?.({ source: 'option', ...exactWindow(window) });
  else if (shown) onWindow?.({ source: 'file', ...endsOf(data, frame) });
  if (!shown) {
    const range = rangeOf(values, measured, paddingOf(data, signed));
    onWarning?.(shownRange(range));
    onWindow?.({ source: 'range', ...range });
    shown = through(range);
  }
  const inverted = photometric === 'MONOCHROME1';
  return {
    ...image,
    data: mapValues(values, (stored) => {
      const gray = Math.round(shown(measured(stored)));
      return inverted ? 255 - gray : gray;
    }),
  };
}

/** The values of a frame in the modality's units; of segmentations bits, labels, or fractions as 0 to 255. */
export function measuredValues(
  data: DicomDataSet,
  layout: PixelLayout,
  { values }: StoredFrame,
  frame: number,
): Float64Array {
  const isFraction = data.text(0x00620001) === 'FRACTIONAL' && layout.allocated > 1;
  const measured = isFraction ? segmentationGray(data, layout) : modalityOf(data, frame, layout.signed);
  return Float64Array.from(values, measured as (stored: number) => number);
}
