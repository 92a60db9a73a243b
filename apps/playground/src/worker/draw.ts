// Results as bitmaps over the picture.
import type { RasterImage } from '@medclipseg/datasets';
import type { Estimate } from 'medclipseg';
import { MAXIMUM_ENTROPY, resizeMap } from 'medclipseg/metrics';
import { estimateSize, uncertaintyMap } from '../drawing/estimates.ts';
import { differenceLayer, errorLayer, mapLayer, outlineLayer, type Rgba, tintLayer } from '../drawing/layers.ts';
import { aboveThreshold, largestPart, resizeMask } from '../drawing/masks.ts';
import { layerSize, outlineReach } from '../drawing/sizes.ts';
import type { OpenPicture } from './open-picture.ts';
import type { Look } from './protocol.ts';

type Size = readonly [number, number];

function bitmap(pixels: Rgba, [width, height]: Size): ImageBitmap {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas.transferToImageBitmap();
}

export function drawLayer(picture: OpenPicture, estimate: Estimate, look: Look): ImageBitmap {
  const { image, truth } = picture;
  const size = layerSize(image.width, image.height);
  const resized = (map: Float32Array) => resizeMap(map, estimateSize(estimate), size);
  const { view, uncertainty } = look;
  if (view === 'probability') return bitmap(mapLayer(resized(estimate.probability), 'heat', 0, 1), size);
  if (view === 'uncertainty')
    return bitmap(mapLayer(resized(uncertaintyMap(estimate, uncertainty)), 'heat', 0, MAXIMUM_ENTROPY), size);
  const above = aboveThreshold(resized(estimate.probability), look.threshold);
  const mask = look.largestOnly ? largestPart(above, size[0]) : above;
  if (view === 'errors' && truth)
    return bitmap(errorLayer(mask, resizeMask(truth, [image.width, image.height], size)), size);
  if (view === 'outline') return bitmap(outlineLayer(mask, ...size, outlineReach(Math.max(...size))), size);
  return bitmap(tintLayer(mask), size);
}

/** The probability of the second prompt less that of the first. */
export function drawDifference({ width, height }: RasterImage, a: Estimate, b: Estimate): ImageBitmap {
  const size = layerSize(width, height);
  const difference = b.probability.map((p, i) => p - (a.probability[i] as number));
  return bitmap(differenceLayer(resizeMap(difference, estimateSize(a), size)), size);
}
