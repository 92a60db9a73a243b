// The maps of a prediction as images.
import { join } from 'node:path';
import type { RasterImage } from '@medclipseg/datasets';
import { type PngPixels, writePng } from '@medclipseg/datasets/node';
import {
  type LabelMap,
  labelImage,
  MAXIMUM_ENTROPY,
  overlayImage,
  type Segmentation,
  uncertaintyImage,
} from 'medclipseg';

/** Where the images go, and what their names begin with. */
export interface Place {
  readonly out: string;
  readonly name: string;
}

/** Images by kind, each made only when it is written: at full size every one of them takes much memory. */
export type Drawings = Readonly<Record<string, () => PngPixels>>;

type Size = Pick<Segmentation, 'width' | 'height'>;

/** 16-bit values of a map whose largest possible value is `most`. */
function sixteenBit({ width, height }: Size, map: Float32Array, most: number): PngPixels {
  const data = new Uint16Array(map.length);
  for (let i = 0; i < data.length; i++) data[i] = Math.round((Math.min(map[i] as number, most) / most) * 65535);
  return { width, height, channels: 1, data };
}

/** Uncertainty on the fixed scale from 0 to ln 2 in 16 bits, and in color. */
export const uncertaintyImages = (result: Pick<Segmentation, 'width' | 'height' | 'uncertainty'>) =>
  ({
    uncertainty: () => sixteenBit(result, result.uncertainty, MAXIMUM_ENTROPY),
    'uncertainty-color': () => uncertaintyImage(result),
  }) satisfies Drawings;

async function writeAll({ out, name }: Place, images: Drawings) {
  const files: Record<string, string> = {};
  for (const [kind, draw] of Object.entries(images)) {
    files[kind] = `${name}-${kind}.png`;
    await writePng(join(out, files[kind]), draw());
  }
  return files;
}

/** The maps of a prediction, by kind. */
export function mapDrawings(image: RasterImage, result: Segmentation, splitUncertainty = false): Drawings {
  const { width, height } = result;
  return {
    mask: () => ({ width, height, channels: 1, data: result.mask.map((v) => v * 255) }),
    probability: () => sixteenBit(result, result.probability, 1),
    ...uncertaintyImages(result),
    ...(splitUncertainty && {
      'uncertainty-expected': () => sixteenBit(result, result.expectedEntropy, MAXIMUM_ENTROPY),
      'uncertainty-mutual': () => sixteenBit(result, result.mutualInformation, MAXIMUM_ENTROPY),
    }),
    overlay: () => overlayImage(image, result),
  };
}

export const writeMaps = (
  place: Place,
  image: RasterImage,
  result: Segmentation,
  splitUncertainty = false,
): Promise<Record<string, string>> => writeAll(place, mapDrawings(image, result, splitUncertainty));

/** The label map as gray values, 0 where there is no class, and the maps of each class by its number. */
export function classDrawings(image: RasterImage, map: LabelMap): Drawings {
  const { width, height, labels } = map;
  const each = [...map.segmentations.values()].flatMap((result, i): [string, () => PngPixels][] => [
    [`${i + 1}-probability`, () => sixteenBit(result, result.probability, 1)],
    [`${i + 1}-uncertainty`, () => sixteenBit(result, result.uncertainty, MAXIMUM_ENTROPY)],
  ]);
  return {
    labels: () => ({ width, height, channels: 1, data: labels }),
    ...Object.fromEntries(each),
    overlay: () => labelImage(image, map),
  };
}

export const writeClassMaps = (place: Place, image: RasterImage, map: LabelMap): Promise<Record<string, string>> =>
  writeAll(place, classDrawings(image, map));
