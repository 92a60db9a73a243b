// Segmentation and vision-language losses.
export { binaryCrossEntropy } from './binary-cross-entropy.ts';
export { type DiceLoss, diceLosses, regionDice, rowDice } from './dice.ts';
export { LossShapeError } from './errors.ts';
export { type SoftContrastiveOptions, softContrastive, softTargets } from './soft-contrastive.ts';
export { type LossOptions, type LossTerms, publishedWeights, segmentationLoss } from './total.ts';
