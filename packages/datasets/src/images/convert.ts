// Pixels of one kind as pixels of another, as OpenCV's readers convert them.
import type { RasterImage } from './raster.ts';

/** OpenCV's gray: (4899·R + 9617·G + 1868·B + 8192) >> 14. Gray pixels stay as they are. */
export function toGray(image: RasterImage): RasterImage {
  if (image.channels === 1) return image;
  const { width, height, data } = image;
  const gray = new Uint8Array(width * height);
  for (let i = 0, k = 0; i < gray.length; i++, k += 3)
    gray[i] =
      (4899 * (data[k] as number) + 9617 * (data[k + 1] as number) + 1868 * (data[k + 2] as number) + 8192) >> 14;
  return { width, height, channels: 1, data: gray };
}

/** Three equal values for a gray one. RGB pixels stay as they are. */
export function toColor(image: RasterImage): RasterImage {
  if (image.channels === 3) return image;
  const { width, height, data } = image;
  const rgb = new Uint8Array(3 * data.length);
  for (let i = 0, k = 0; i < data.length; i++, k += 3) {
    const value = data[i] as number;
    rgb[k] = value;
    rgb[k + 1] = value;
    rgb[k + 2] = value;
  }
  return { width, height, channels: 3, data: rgb };
}

/** Interleaved 8-bit samples as pixels: alpha is dropped. */
export function fromSamples(
  width: number,
  height: number,
  samples: number,
  data: Uint8Array | Uint8ClampedArray,
): RasterImage {
  const channels = samples < 3 ? 1 : 3;
  if (samples === channels && data instanceof Uint8Array) return { width, height, channels, data };
  const out = new Uint8Array(width * height * channels);
  for (let i = 0, from = 0, to = 0; i < width * height; i++, from += samples)
    for (let c = 0; c < channels; c++) out[to++] = data[from + c] as number;
  return { width, height, channels, data: out };
}
