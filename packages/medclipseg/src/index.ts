// Text-driven segmentation with uncertainty: the composed model.

export type { ModelConfig } from './config.ts';
export {
  type DecoderParameters,
  decode,
  decoderSpec,
  maskVector,
  type ScaleBlockParameters,
  scaleBlock,
} from './decoder.ts';
export {
  ArgumentError,
  CheckpointError,
  DivergedError,
  isModelError,
  LockedError,
  ModelError,
  TokenizerError,
} from './errors.ts';
export { checkpointKeys, decoderKeys, trainedKeys } from './keys.ts';
export type { LabelMap } from './label-map.ts';
export { type LabelOptions, MedCLIPSeg, type ModelOrigin, type SegmentOptions } from './model.ts';
export {
  type Features,
  featuresOf,
  logitsOf,
  type ModelParameters,
  modelSpec,
  type Network,
  prefix,
  type Tokens,
  TRAINED_PART,
  type TrunkOptions,
  trunk,
  trunkBlock,
  trunkEnd,
} from './network.ts';
export { CLASS_COLORS, labelPicture, overlayPicture, uncertaintyPicture } from './pictures.ts';
export { type CheckpointOptions, encodeCheckpoint, type TrainingState } from './pretrained/checkpoint.ts';
export type { EncodersReference } from './pretrained/encoders-reference.ts';
export {
  type Encoders,
  type LoadedModel,
  type LoadOptions,
  loadEncoders,
  loadModel,
  type ModelInfo,
} from './pretrained/load.ts';
export { type HubModel, hubModels, type ModelSource } from './pretrained/locate.ts';
export type { PretrainedOptions } from './pretrained/options.ts';
export type { PlaceOptions } from './pretrained/place.ts';
export type { PublishedOptions } from './pretrained/published.ts';
export type { Restoring, Segmentation } from './restore.ts';
export { type Estimate, type MonteCarloOptions, monteCarlo, type StopRule, type View } from './sampling/index.ts';
export { sideBySide } from './side-by-side.ts';
export { type AccumulateOptions, accumulatedGradients } from './training/accumulate.ts';
export type { LossAndGradients, MicroBatch, StepLoss, TrainingBatch } from './training/batch.ts';
export type { ImageBatch } from './training/examples.ts';
export type {
  EpochReport,
  StepReport,
  TrainingData,
  TrainingPlan,
  TrainingProgress,
  Validation,
} from './training/plan.ts';
export { applyGradients, lossAndGradients, type StepOptions } from './training/step.ts';
export { Trainer, type TrainerOptions } from './training/trainer.ts';
export { binaryEntropy, MAXIMUM_ENTROPY } from './uncertainty.ts';
