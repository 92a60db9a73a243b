// An open image as its worker holds it: its results drawn as layers, and measured at the image's own size.
import { findLesions, type Place, type RasterImage } from '@medclipseg/datasets';
import type { Estimate } from 'medclipseg';
import { MAXIMUM_ENTROPY, resizeMap } from 'medclipseg/metrics';
import {
  differenceLayer,
  errorLayer,
  mapLayer,
  outlineLayer,
  outlineReach,
  type Rgba,
  tintLayer,
} from '../drawing/layers.ts';
import { estimateSize, layerSize, uncertaintyMap } from '../drawing/maps.ts';
import { aboveThreshold, largestPart, resizeMask } from '../drawing/masks.ts';
import type { LayerOptions, MaskOptions, Measurements, Side, Spacing } from './protocol.ts';

export interface OpenImage {
  readonly image: RasterImage;
  readonly spacing?: Spacing;
  /** The mask that a phantom was generated with. */
  readonly phantomMask?: Uint8Array;
  truth?: Uint8Array;
  readonly results: Partial<Record<Side, Estimate>>;
}

type Size = readonly [number, number];

function bitmap(pixels: Rgba, [width, height]: Size): ImageBitmap {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas.transferToImageBitmap();
}

function maskAt(size: Size, estimate: Estimate, { threshold, largestOnly }: MaskOptions): Uint8Array {
  const mask = aboveThreshold(resizeMap(estimate.probability, estimateSize(estimate), size), threshold);
  return largestOnly ? largestPart(mask, size[0]) : mask;
}

export function drawLayer({ image, truth }: OpenImage, estimate: Estimate, options: LayerOptions): ImageBitmap {
  const size = layerSize(image.width, image.height);
  const resized = (map: Float32Array) => resizeMap(map, estimateSize(estimate), size);
  const { view, uncertainty } = options;
  if (view === 'probability') return bitmap(mapLayer(resized(estimate.probability), 'heat', 0, 1), size);
  if (view === 'uncertainty')
    return bitmap(mapLayer(resized(uncertaintyMap(estimate, uncertainty)), 'heat', 0, MAXIMUM_ENTROPY), size);
  const mask = maskAt(size, estimate, options);
  if (view === 'errors' && truth)
    return bitmap(errorLayer(mask, resizeMask(truth, [image.width, image.height], size)), size);
  if (view === 'outline') return bitmap(outlineLayer(mask, ...size, outlineReach(Math.max(...size))), size);
  return bitmap(tintLayer(mask), size);
}

/** The second prompt's probability minus the first's. */
export function drawDifference({ width, height }: RasterImage, a: Estimate, b: Estimate): ImageBitmap {
  const size = layerSize(width, height);
  const difference = b.probability.map((p, i) => p - (a.probability[i] as number));
  return bitmap(differenceLayer(resizeMap(difference, estimateSize(a), size)), size);
}

/** The mask at the image's own size. */
export const fullMask = ({ width, height }: RasterImage, estimate: Estimate, options: MaskOptions): Uint8Array =>
  maskAt([width, height], estimate, options);

/** Found at the model's own size, which bounds the work for large images. */
function placesOf(estimate: Estimate, options: MaskOptions): readonly Place[] {
  const [width, height] = estimateSize(estimate);
  const data = maskAt([width, height], estimate, options);
  return [...new Set(findLesions({ width, height, channels: 1, data }).map(({ place }) => place))];
}

export function measure({ image, spacing }: OpenImage, estimate: Estimate, options: MaskOptions): Measurements {
  const mask = fullMask(image, estimate, options);
  const pixels = mask.reduce((sum, inside) => sum + inside, 0);
  const uncertainty = estimate.uncertainty.reduce((sum, value) => sum + value, 0) / estimate.uncertainty.length;
  return {
    pixels,
    share: pixels / mask.length,
    squareMillimeters: spacing && pixels * spacing.x * spacing.y,
    meanUncertainty: uncertainty,
    places: placesOf(estimate, options),
  };
}
