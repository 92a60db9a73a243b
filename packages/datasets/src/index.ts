// Medical images, masks and sentences, without tfjs: what needs no file system.
export { type Augmentation, type AugmentationName, augmentations, type Random, type Sample } from './augment.ts';
export { DatasetError, ImageError, LayoutError } from './errors.ts';
export { normalisePixels, type Preprocessing } from './normalise.ts';
export {
  MASK_THRESHOLD,
  type RasterImage,
  resizeLinear,
  resizeNearest,
  rotateNearest,
  thresholdMask,
} from './raster.ts';
export { DATASETS, type DatasetEntry, type DatasetName, type Percentage } from './registry.ts';
