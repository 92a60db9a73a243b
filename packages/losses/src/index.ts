// Segmentation and vision-language losses.
export { isLossError, LossError, LossOptionError, LossShapeError } from './errors.ts';
export { binaryCrossEntropy, type DiceLoss, diceLosses, regionDice, rowDice } from './pixel-losses.ts';
export { type SoftContrastiveOptions, softContrastive, softTargets } from './soft-contrastive.ts';
export { type LossOptions, type LossTerms, publishedWeights, segmentationLoss } from './total.ts';
