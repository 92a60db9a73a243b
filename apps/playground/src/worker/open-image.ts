// An open image as its worker holds it: its results drawn as layers, and measured at the image's own size.
import { findLesions, PLACES, type Place, type RasterImage } from '@medclipseg/datasets';
import type { Estimate } from 'medclipseg';
import { expectedDice, MAXIMUM_ENTROPY, resizeMap, uncertaintyPerForeground } from 'medclipseg/metrics';
import {
  differenceLayer,
  errorLayer,
  mapLayer,
  outlineLayer,
  outlineReach,
  type Rgba,
  tintLayer,
} from '../drawing/layers.ts';
import { estimateSize, layerSize, roundAbove, uncertaintyMap } from '../drawing/maps.ts';
import { aboveThreshold, largestPart, resizeMask } from '../drawing/masks.ts';
import type { DrawnLayer, LayerOptions, MaskOptions, Measurements, Side, Spacing, Uncertainty } from './protocol.ts';

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

/** The ends of the scale of an uncertainty. Disagreement is small: its scale ends above the largest value of the image's results. */
function uncertaintyRange({ results }: OpenImage, kind: Uncertainty): readonly [number, number] {
  if (kind !== 'mutual') return [0, MAXIMUM_ENTROPY];
  const largest = Object.values(results).flatMap(({ mutualInformation }) =>
    mutualInformation.reduce((most, value) => Math.max(most, value), 0),
  );
  return [0, roundAbove(Math.max(...largest))];
}

export function drawLayer(image: OpenImage, estimate: Estimate, options: LayerOptions): DrawnLayer {
  const { width, height } = image.image;
  const size = layerSize(width, height);
  const resized = (map: Float32Array) => resizeMap(map, estimateSize(estimate), size);
  const { view, uncertainty } = options;
  if (view === 'probability' || view === 'uncertainty') {
    const isProbability = view === 'probability';
    const map = isProbability ? estimate.probability : uncertaintyMap(estimate, uncertainty);
    const range = isProbability ? ([0, 1] as const) : uncertaintyRange(image, uncertainty);
    return { bitmap: bitmap(mapLayer(resized(map), 'heat', ...range), size), range };
  }
  const mask = maskAt(size, estimate, options);
  if (view === 'errors' && image.truth)
    return { bitmap: bitmap(errorLayer(mask, resizeMask(image.truth, [width, height], size)), size) };
  if (view === 'outline') return { bitmap: bitmap(outlineLayer(mask, ...size, outlineReach(Math.max(...size))), size) };
  return { bitmap: bitmap(tintLayer(mask), size) };
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

/** The ninth of the image with the largest sum of uncertainty. */
function leastCertain(estimate: Estimate): Place {
  const [size] = estimateSize(estimate);
  const sums = new Float64Array(PLACES.length);
  const third = (i: number) => Math.min(2, Math.floor((3 * i) / size));
  estimate.uncertainty.forEach((value, i) => {
    const cell = 3 * third(Math.floor(i / size)) + third(i % size);
    sums[cell] = (sums[cell] as number) + value;
  });
  return PLACES[sums.indexOf(Math.max(...sums))] as Place;
}

function touchesBorder(mask: Uint8Array, { width, height }: RasterImage): boolean {
  const rows = mask.subarray(0, width).includes(1) || mask.subarray((height - 1) * width).includes(1);
  return rows || mask.some((inside, i) => inside === 1 && (i % width === 0 || i % width === width - 1));
}

export function measure({ image, spacing }: OpenImage, estimate: Estimate, options: MaskOptions): Measurements {
  const mask = fullMask(image, estimate, options);
  const pixels = mask.reduce((sum, inside) => sum + inside, 0);
  const uncertainty = estimate.uncertainty.reduce((sum, value) => sum + value, 0) / estimate.uncertainty.length;
  const maps = { ...estimate, mask: maskAt(estimateSize(estimate), estimate, options) };
  return {
    pixels,
    share: pixels / mask.length,
    squareMillimeters: spacing && pixels * spacing.x * spacing.y,
    meanUncertainty: uncertainty,
    uncertaintyPerForeground: uncertaintyPerForeground(maps),
    expectedDice: expectedDice(maps),
    places: placesOf(estimate, options),
    leastCertain: leastCertain(estimate),
    touchesBorder: touchesBorder(mask, image),
  };
}
