// Medical images, masks and prompts, without tfjs: what needs no file system.
export {
  AUGMENTATION_NAMES,
  type Augmentation,
  type AugmentationName,
  type AugmentationStep,
  augmentations,
  augmentSample,
  type Sample,
} from './augment.ts';
export { SYMMETRIES, type Symmetry, turnBack, turnImage, turnPrompt } from './dihedral.ts';
export { DatasetError, ImageError, LayoutError } from './errors.ts';
export { describeImage, type ImageFacts } from './images/describe.ts';
export { type ImageFormat, MAXIMUM_PIXELS, sniffFormat } from './images/header.ts';
export { joinMasks } from './images/masks.ts';
export { normalizePixels, type Preprocessing } from './images/normalize.ts';
export {
  MASK_THRESHOLD,
  type RasterImage,
  resizeLinear,
  resizeNearest,
  rotateNearest,
  thresholdMask,
} from './images/raster.ts';
export { drawPhantom, type Phantom, type PhantomOptions } from './phantoms/draw.ts';
export { type Finding, findings, PLACES, type Place, type Shape, type Size, THRESHOLDS } from './prompts/findings.ts';
export { placesIn, speaksOfNothing } from './prompts/read.ts';
export { MODALITIES, type Modality, WORDINGS } from './prompts/wordings.ts';
export { type Description, type Wording, writePrompts } from './prompts/write.ts';
export { type Random, type RandomKey, seededRandom } from './random.ts';
export { DATASETS, type DatasetEntry, type DatasetName, type Percentage } from './registry.ts';
export type { PixelSpacing } from './scans/facts.ts';
export { type DatasetSource, HUB_REPOSITORY } from './sources.ts';
