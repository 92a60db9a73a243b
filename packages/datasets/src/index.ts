// Medical images, masks and sentences, without tfjs: what needs no file system.
export { type Augmentation, type AugmentationName, augmentations, type Sample } from './augment.ts';
export { DatasetError, ImageError, LayoutError } from './errors.ts';
export { normalisePixels, type Preprocessing } from './images/normalise.ts';
export {
  MASK_THRESHOLD,
  type RasterImage,
  resizeLinear,
  resizeNearest,
  rotateNearest,
  thresholdMask,
} from './images/raster.ts';
export { type Random, type RandomKey, seededRandom } from './random.ts';
export { DATASETS, type DatasetEntry, type DatasetName, type Percentage } from './registry.ts';
