// Pixels as the normalized numbers that a model reads.
import type { RasterImage } from './raster.ts';

/** How 8-bit RGB pixels are normalized. `Preprocessing` of `@medclipseg/clip-encoders` is one. */
export interface Normalization {
  readonly channelOrder: 'bgr' | 'rgb';
  /** Subtracted from values in 0..1, per channel in that order. */
  readonly mean: readonly [number, number, number];
  /** Divides the difference, per channel in that order. */
  readonly deviation: readonly [number, number, number];
}

/** Writes every third value from `from` as the table has it, to every third place from `to`. */
function writeChannel(data: Uint8Array, from: number, table: Float32Array, out: Float32Array, to: number): void {
  for (let i = from, k = to; i < data.length; i += 3, k += 3) out[k] = table[data[i] as number] as number;
}

/** Writes RGB pixels to `out` from `offset`, normalized and in the model's channel order. */
export function normalizePixels(
  { data }: RasterImage,
  { channelOrder, mean, deviation }: Normalization,
  out: Float32Array,
  offset = 0,
): void {
  for (let c = 0; c < 3; c++) {
    const from = channelOrder === 'bgr' ? 2 - c : c;
    const m = mean[c] as number;
    const d = deviation[c] as number;
    const normalized = new Float32Array(256);
    for (let value = 0; value < 256; value++) normalized[value] = (value / 255 - m) / d;
    writeChannel(data, from, normalized, out, offset + c);
  }
}
