// CLIP image and text encoders, as a whole or in steps between which a caller may change the tokens.
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
  openAiPreprocessing,
  type Preprocessing,
  type PublishedVocabulary,
} from './families.ts';
export { type Clip, type ClipConfig, type ClipParameters, openClip } from './open.ts';
export { embedText, firstTextBlocks, textBlock, textFeatures, textSpec } from './text.ts';
export type {
  BertParameters,
  ClipTextParameters,
  TextConfig,
  TextParameters,
  TokenBatch,
} from './text-tower.ts';
export { tokenBatch } from './token-batch.ts';
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
