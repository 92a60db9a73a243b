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

/** Writes RGB pixels to `out` from `offset`, normalized and in the model's channel order. */
export function normalizePixels(
  { data }: RasterImage,
  { channelOrder, mean, deviation }: Normalization,
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
