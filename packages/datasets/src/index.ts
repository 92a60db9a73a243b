// Medical images, masks and prompts, without tfjs: what needs no file system.
export {
  AUGMENTATION_NAMES,
  type Augmentation,
  type AugmentationName,
  type AugmentationStep,
  augmentations,
  augmentSample,
  type Partner,
  type Sample,
} from './augment/steps.ts';
export { ArgumentError, DatasetError, ImageError, isDatasetError, LayoutError } from './errors.ts';
export { describeImage, type ImageFacts } from './images/describe.ts';
export { type ImageFormat, MAXIMUM_PIXELS, sniffFormat } from './images/header.ts';
export { joinMasks } from './images/masks.ts';
export { type Normalization, normalizePixels } from './images/normalize.ts';
export {
  MASK_THRESHOLD,
  type RasterImage,
  resizeLinear,
  resizeNearest,
  rotateNearest,
  thresholdMask,
} from './images/raster.ts';
export { type DecodeForeground, foregroundDecoder, foregroundMask } from './masks/foreground.ts';
export {
  describeValues,
  interpretMasks,
  isBinary,
  MaskError,
  type MaskLabel,
  type MaskReading,
  selectLabel,
} from './masks/reading.ts';
export { type MaskSurvey, surveyMask } from './masks/survey.ts';
export { type DecodeMask, type MaskValues, maskDecoder } from './masks/values.ts';
export { drawPhantom, type Phantom, type PhantomOptions } from './phantoms/draw.ts';
export {
  findLesions,
  LESION_THRESHOLDS,
  type Lesion,
  PLACES,
  type Place,
  type SeparateLesion,
  type Shape,
  type Size,
  separateLesions,
} from './prompts/lesions.ts';
export { claimsNoLesion, placesIn } from './prompts/read.ts';
export { MODALITIES, type Modality, WORDINGS } from './prompts/wordings.ts';
export { type Description, type Wording, writePrompts } from './prompts/write.ts';
export { type Random, seededRandom } from './random.ts';
export { DATASETS, type DatasetEntry, type DatasetName, type Percentage } from './registry.ts';
export { type SliceOrder, toFileOrder } from './scans/orientation.ts';
export type { PixelSpacing } from './scans/scan.ts';
export { type DatasetSource, HUB_REPOSITORY } from './sources.ts';
export { applySymmetry, applySymmetryToPrompt, invertSymmetry, SYMMETRIES, type Symmetry } from './symmetry.ts';
