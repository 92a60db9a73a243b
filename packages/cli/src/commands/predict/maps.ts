// The pictures of a prediction.
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

/** Where the pictures go, and what their names begin with. */
interface Place {
  readonly out: string;
  readonly name: string;
}

/** 16-bit values of a map whose largest possible value is `most`. */
const sixteenBit = ({ width, height }: Pick<Segmentation, 'width' | 'height'>, map: Float32Array, most: number) =>
  ({
    width,
    height,
    channels: 1,
    data: Uint16Array.from(map, (v) => Math.round((Math.min(v, most) / most) * 65535)),
  }) as const;

async function writeAll({ out, name }: Place, pictures: Readonly<Record<string, PngPixels>>) {
  const files: Record<string, string> = {};
  for (const [kind, pixels] of Object.entries(pictures)) {
    files[kind] = `${name}-${kind}.png`;
    await writePng(join(out, files[kind]), pixels);
  }
  return files;
}

export function writeMaps(
  place: Place,
  image: RasterImage,
  result: Segmentation,
  splitUncertainty = false,
): Promise<Record<string, string>> {
  const { width, height } = result;
  const entropy = (map: Float32Array) => sixteenBit(result, map, MAXIMUM_ENTROPY);
  return writeAll(place, {
    mask: { width, height, channels: 1, data: result.mask.map((v) => v * 255) },
    probability: sixteenBit(result, result.probability, 1),
    uncertainty: entropy(result.uncertainty),
    ...(splitUncertainty && {
      'uncertainty-expected': entropy(result.expectedEntropy),
      'uncertainty-mutual': entropy(result.mutualInformation),
    }),
    'uncertainty-color': uncertaintyImage(result),
    overlay: overlayImage(image, result),
  });
}

/** The labels as gray values, 0 where no class is, and the maps of each class by its number. */
export function writeClassMaps(place: Place, image: RasterImage, map: LabelMap): Promise<Record<string, string>> {
  const { width, height, labels } = map;
  const each = [...map.segmentations.values()].flatMap((result, i): [string, PngPixels][] => [
    [`${i + 1}-probability`, sixteenBit(result, result.probability, 1)],
    [`${i + 1}-uncertainty`, sixteenBit(result, result.uncertainty, MAXIMUM_ENTROPY)],
  ]);
  return writeAll(place, {
    labels: { width, height, channels: 1, data: labels },
    ...Object.fromEntries(each),
    overlay: labelImage(image, map),
  });
}
