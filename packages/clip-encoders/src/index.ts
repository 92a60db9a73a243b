// CLIP's image and text towers, in steps that a caller can act between.
export { type Family, type FamilyName, families, type Preprocessing } from './families.ts';
export { prefixed, towerKeys } from './keys.ts';
export { embedText, textBlock, textFeatures, textSpec } from './text.ts';
export type { BertParameters } from './text-bert.ts';
export type { ClipTextParameters } from './text-clip.ts';
export type { TextConfig, TextParameters, TokenBatch } from './text-tower.ts';
export {
  embedImage,
  type FoldedBatch,
  imageBlock,
  imageFeatures,
  type VisionConfig,
  type VisionParameters,
  visionSpec,
  visionTokens,
} from './vision.ts';
