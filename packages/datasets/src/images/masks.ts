// Several masks of one image as one: lesions are often outlined in a file each.
import { ImageError } from '../errors.ts';
import type { RasterImage } from './raster.ts';

/**
 * Joins masks of one image: a pixel is as bright as in the brightest of them. Throws `ImageError` if sizes differ or there is none.
 *
 * @param masks one channel each, all of one size
 */
export function joinMasks(masks: readonly RasterImage[], name = 'masks'): RasterImage {
  const [first, ...rest] = masks;
  if (!first) throw new ImageError(name, 'at least one mask', 'none');
  const { width, height } = first;
  if (rest.length === 0) return first;
  const data = new Uint8Array(first.data);
  for (const mask of rest) {
    if (mask.width !== width || mask.height !== height)
      throw new ImageError(name, `masks of ${width}x${height} pixels`, `${mask.width}x${mask.height}`);
    for (let i = 0; i < data.length; i++) data[i] = Math.max(data[i] as number, mask.data[i] as number);
  }
  return { width, height, channels: 1, data };
}
