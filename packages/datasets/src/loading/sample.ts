// A sample's pixels at the model's size: decoded, its masks joined, resized as the reference does.
import { ImageError } from '../errors.ts';
import type { SampleFile } from '../folder.ts';
import { readImage } from '../images/decode-node.ts';
import { joinMasks } from '../images/masks.ts';
import { type RasterImage, resizeLinear, resizeNearest } from '../images/raster.ts';
import { readMaskFile } from '../masks/folder.ts';

export interface SamplePixels {
  /** RGB, size x size. */
  readonly image: RasterImage;
  /** Gray, size x size; not yet thresholded. */
  readonly mask: RasterImage;
}

/** The masks of a sample. */
export const maskPathsOf = ({ maskPath, otherMaskPaths = [] }: SampleFile): readonly string[] => [
  maskPath,
  ...otherMaskPaths,
];

/** The mask of a sample at its own size, gray: all of its masks joined. */
export async function readMask(file: SampleFile): Promise<RasterImage> {
  const masks = await Promise.all(maskPathsOf(file).map((path) => readMaskFile(path, file.maskReading)));
  return joinMasks(masks, file.maskPath);
}

/** Reads a sample at size x size pixels. Throws `ImageError` where image and mask differ in size. */
export async function readSample(file: SampleFile, size: number): Promise<SamplePixels> {
  const [image, mask] = await Promise.all([readImage(file.imagePath), readMask(file)]);
  if (image.width !== mask.width || image.height !== mask.height)
    throw new ImageError(
      file.maskPath,
      `a mask of ${image.width}x${image.height} pixels, as its image`,
      `${mask.width}x${mask.height}`,
    );
  return { image: resizeLinear(image, size, size), mask: resizeNearest(mask, size, size) };
}
