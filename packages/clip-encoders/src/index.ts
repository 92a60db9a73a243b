// CLIP's image and text towers, in steps that a caller can act between.
export { encodeImage, encodeText, similarityLogits } from './clip.ts';
export {
  ClipEncodersError,
  InputError,
  isClipEncodersError,
  PromptTooLongError,
  TokenizerFileError,
  UnknownWeightsError,
  VocabularyError,
} from './errors.ts';
export {
  type Family,
  type FamilyName,
  families,
  makersPreprocessing,
  type Preprocessing,
  type PublishedVocabulary,
} from './families.ts';
export type { WeightLayout } from './keys/layouts.ts';
export { prefixed, towerKeys } from './keys/towers.ts';
export { type Clip, type ClipConfig, type ClipParameters, type FoundTowers, findTowers, openClip } from './open.ts';
export { type TowerConfigs, towerConfigs } from './sizes.ts';
export { embedText, textBlock, textFeatures, textPrefix, textSpec } from './text.ts';
export type { BertParameters } from './text-bert.ts';
export type { ClipTextParameters } from './text-clip.ts';
export type { TextConfig, TextParameters, TokenBatch } from './text-tower.ts';
export {
  embedImage,
  imageBlock,
  imageFeatures,
  imageVector,
  type VisionConfig,
  type VisionParameters,
  visionSpec,
  visionTokens,
} from './vision.ts';
export { checkVocabulary } from './vocabulary.ts';
