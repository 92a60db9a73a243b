// Pixels as the numbers that a model reads.
import type { RasterImage } from './raster.ts';

/** How pixels become the numbers that a model reads. */
export interface Preprocessing {
  readonly channelOrder: 'bgr' | 'rgb';
  /** Subtracted from values in 0..1, per channel in that order. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** RGB pixels as normalized numbers, in the model's channel order, written to `out` from `offset`. */
export function normalizePixels(
  { data }: RasterImage,
  { channelOrder, mean, deviation }: Preprocessing,
  out: Float32Array,
  offset = 0,
): void {
  const order = channelOrder === 'bgr' ? [2, 1, 0] : [0, 1, 2];
  for (let c = 0; c < 3; c++) {
    const [from, m, d] = [order[c] as number, mean[c] as number, deviation[c] as number];
    const normalized = Float32Array.from({ length: 256 }, (_, value) => (value / 255 - m) / d);
    for (let i = 0; i < data.length; i += 3) out[offset + i + c] = normalized[data[i + from] as number] as number;
  }
}
