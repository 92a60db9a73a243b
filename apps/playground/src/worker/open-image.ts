// An open image as its worker holds it: its results drawn as layers, and measured at the image's own size.
import { findLesions, PLACES, type Place, type RasterImage } from '@medclipseg/datasets';
import type { GrayWindow } from '@medclipseg/datasets/browser';
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
import { displaySize, estimateSize, layerSize, roundAbove, uncertaintyMap } from '../drawing/maps.ts';
import { aboveThreshold, largestPart, resizeMask } from '../drawing/masks.ts';
import type { MaskEditor } from '../painting/mask-editor.ts';
import type { DrawnLayer, LayerOptions, MaskOptions, Measurements, Side, Spacing, Uncertainty } from './protocol.ts';
import type { Stack } from './stack.ts';

export interface OpenImage {
  image: RasterImage;
  readonly name: string;
  readonly spacing?: Spacing;
  /** The slices that it is one of, if it comes from a file. */
  readonly stack?: Stack;
  readonly index: number;
  window?: GrayWindow;
  notes: readonly string[];
  /** The mask that a phantom was generated with. */
  readonly phantomMask?: Uint8Array;
  truth?: Uint8Array;
  truthName?: string;
  readonly results: Partial<Record<Side, Estimate>>;
  /** Corrected masks. */
  readonly editors: Partial<Record<Side, MaskEditor | undefined>>;
}

type Size = readonly [number, number];

function bitmap(pixels: Rgba, [width, height]: Size): ImageBitmap {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas.transferToImageBitmap();
}

/** The image for display. Large ones are averaged down, since their pixels as RGBA would take more memory than all else. */
export async function bitmapOf({ width, height, channels, data }: RasterImage): Promise<ImageBitmap> {
  const [columns, rows] = displaySize(width, height);
  const pixels = new ImageData(columns, rows);
  const out = pixels.data;
  for (let y = 0, to = 0; y < rows; y++) {
    const [top, bottom] = [Math.floor((y * height) / rows), Math.floor(((y + 1) * height) / rows)];
    for (let x = 0; x < columns; x++, to += 4) {
      const [left, right] = [Math.floor((x * width) / columns), Math.floor(((x + 1) * width) / columns)];
      const count = (bottom - top) * (right - left);
      for (let c = 0; c < 3; c++) {
        const channel = channels === 3 ? c : 0;
        let sum = 0;
        for (let v = top; v < bottom; v++)
          for (let u = left; u < right; u++) sum += data[(v * width + u) * channels + channel] as number;
        out[to + c] = sum / count;
      }
      out[to + 3] = 255;
    }
  }
  return createImageBitmap(pixels);
}

function maskAt(size: Size, estimate: Estimate, { threshold, largestOnly }: MaskOptions): Uint8Array {
  const mask = aboveThreshold(resizeMap(estimate.probability, estimateSize(estimate), size), threshold);
  return largestOnly ? largestPart(mask, size[0]) : mask;
}

const isInside = (value: number): number => (value > 0 ? 1 : 0);

/** The mask of a result as corrected by hand. */
function editedMask({ editors }: OpenImage, side: Side): Uint8Array | undefined {
  return editors[side]?.mask.data.map(isInside);
}

/** The ends of the scale of an uncertainty. Disagreement is small: its scale ends above the largest value of the image's results. */
function uncertaintyRange({ results }: OpenImage, kind: Uncertainty): readonly [number, number] {
  if (kind !== 'mutual') return [0, MAXIMUM_ENTROPY];
  const largest = Object.values(results).flatMap(({ mutualInformation }) =>
    mutualInformation.reduce((most, value) => Math.max(most, value), 0),
  );
  return [0, roundAbove(Math.max(...largest))];
}

export function drawLayer(image: OpenImage, estimate: Estimate, options: LayerOptions, side: Side): DrawnLayer {
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
  const edited = editedMask(image, side);
  const mask = edited ? resizeMask(edited, [width, height], size) : maskAt(size, estimate, options);
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
export function fullMask(image: OpenImage, estimate: Estimate, options: MaskOptions, side: Side): Uint8Array {
  const { width, height } = image.image;
  return editedMask(image, side) ?? maskAt([width, height], estimate, options);
}

/** Found at the model's own size, which bounds the work for large images. */
function placesOf(data: Uint8Array, [width, height]: Size): readonly Place[] {
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

/** Pixels of a corrected mask that the result's does not have, and the other way round. */
function changes(edited: Uint8Array, original: Uint8Array): { readonly added: number; readonly removed: number } {
  let [added, removed] = [0, 0];
  for (let i = 0; i < edited.length; i++) {
    if (edited[i] && !original[i]) added += 1;
    else if (!edited[i] && original[i]) removed += 1;
  }
  return { added, removed };
}

export function measure(found: OpenImage, estimate: Estimate, options: MaskOptions, side: Side): Measurements {
  const { image, spacing } = found;
  const mask = fullMask(found, estimate, options, side);
  const isEdited = found.editors[side] !== undefined;
  const pixels = mask.reduce((sum, inside) => sum + inside, 0);
  const uncertainty = estimate.uncertainty.reduce((sum, value) => sum + value, 0) / estimate.uncertainty.length;
  const size = estimateSize(estimate);
  const small = isEdited ? resizeMask(mask, [image.width, image.height], size) : maskAt(size, estimate, options);
  const maps = { ...estimate, mask: small };
  return {
    pixels,
    share: pixels / mask.length,
    squareMillimeters: spacing && pixels * spacing.x * spacing.y,
    meanUncertainty: uncertainty,
    uncertaintyPerForeground: uncertaintyPerForeground(maps),
    // A corrected mask is not what the model judges.
    expectedDice: isEdited ? undefined : expectedDice(maps),
    edited: isEdited ? changes(mask, maskAt([image.width, image.height], estimate, options)) : undefined,
    places: placesOf(small, size),
    leastCertain: leastCertain(estimate),
    touchesBorder: touchesBorder(mask, image),
  };
}
