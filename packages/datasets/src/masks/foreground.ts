// Masks of background and foreground from the values of a file and the reading of its folder.
import type { DecodeImage } from '../images/decoder.ts';
import { sniffFormat } from '../images/header.ts';
import type { RasterImage } from '../images/raster.ts';
import { MaskError, type MaskReading } from './reading.ts';
import { type MaskValues, maskDecoder } from './values.ts';

type LabelReading = Extract<MaskReading, { kind: 'labels' }>;

const distance = (a: number, b: number): number =>
  ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/** A function of a stored value: whether it is foreground. Each distinct value is looked up once. */
function membership({ labels, foreground, nearest }: LabelReading, name: string): (value: number) => boolean {
  const known = new Map<number, boolean>([
    [0, false],
    ...labels.map(({ value }): [number, boolean] => [value, foreground.includes(value)]),
  ]);
  const values = [...known.keys()];
  return (value) => {
    const found = known.get(value);
    if (found !== undefined) return found;
    if (!nearest)
      throw new MaskError(
        name,
        `a mask with the values ${values.join(', ')}, as in its folder`,
        `${value}`,
        'Start again if the masks have changed.',
      );
    const [closest = 0] = values.toSorted((a, b) => distance(a, value) - distance(b, value));
    const isForeground = known.get(closest) as boolean;
    known.set(value, isForeground);
    return isForeground;
  };
}

/**
 * A mask of 0 and 255 from label values. Throws `MaskError` where the values are not those of the reading.
 *
 * @param name the file's name, for errors
 */
export function foregroundMask(mask: MaskValues, reading: LabelReading, name = 'mask'): RasterImage {
  const { width, height, kind, maximum, data } = mask;
  const asColor = reading.values === 'color' && kind !== 'color';
  const isForeground = membership(reading, name);
  const out = new Uint8Array(width * height);
  for (let i = 0; i < out.length; i++) {
    const value = data[i] as number;
    if (value !== 0 && isForeground(asColor ? Math.floor((255 * value) / maximum) * 0x010101 : value)) out[i] = 255;
  }
  return { width, height, channels: 1, data: out };
}

/** Gray values as levels from 0 to 255. */
function grayLevels({ width, height, maximum, data }: MaskValues): RasterImage {
  return { width, height, channels: 1, data: Uint8Array.from(data, (value) => Math.floor((255 * value) / maximum)) };
}

/** Reads a mask file as gray levels to be thresholded: as decoded for the published threshold, 0 and 255 for labels. */
export type DecodeForeground = (
  bytes: Uint8Array,
  reading: MaskReading,
  options?: { readonly name?: string; readonly page?: number },
) => Promise<RasterImage>;

/** The reader of masks that goes with a runtime's image decoder. */
export const foregroundDecoder = (decodeImage: DecodeImage): DecodeForeground => {
  const decodeMask = maskDecoder(decodeImage);
  return async (bytes, reading, { name = 'mask', page } = {}) => {
    const format = sniffFormat(bytes);
    // Scans would be shown through a window.
    const isStored = format === 'dicom' || format === 'nifti';
    if (reading.kind === 'threshold' && !isStored) return decodeImage(bytes, { name, page, as: 'gray' });
    const values = await decodeMask(bytes, { name, page });
    if (reading.kind === 'threshold' && values.kind !== 'gray') return decodeImage(bytes, { name, page, as: 'gray' });
    return reading.kind === 'threshold' ? grayLevels(values) : foregroundMask(values, reading, name);
  };
};
