// What other packages of this project, its tools and its benchmarks need of the model. Not stable: it may change in any version.
export {
  type DecoderParameters,
  decodeMask,
  decoderSpec,
  maskVector,
  type ScaleBlockParameters,
  scaleBlock,
} from './decoder.ts';
export { currentOnnx } from './device.ts';
export { type NoiseInput, prefixGraph, sampleGraph } from './engine/onnx/graphs.ts';
export { tfjsEngine } from './engine/tfjs.ts';
export { checkpointKeys, decoderKeys, trainedKeys } from './keys.ts';
export {
  assembleModel,
  encodeFeatures,
  encodePrefix,
  type Features,
  initializeModel,
  modelSpec,
  predictLogits,
  type Tokens,
  TRAINABLE_PARAMETERS,
  type TrunkOptions,
  tensorsOf,
  tokensOf,
  trunk,
  trunkBlock,
  trunkEnd,
} from './network.ts';
export { type LoadedModel, loadModel } from './pretrained/load.ts';
export { type MonteCarloOptions, monteCarlo, type View } from './sampling/monte-carlo.ts';
export { type AccumulateOptions, accumulatedGradients } from './training/accumulate.ts';
export type { LossAndGradients, MicroBatch, TrainingBatch } from './training/batch.ts';
export { trainingEngineFor } from './training/fit.ts';
export type { TrainingData } from './training/plan.ts';
export { lossAndGradients, type StepOptions } from './training/step.ts';
export { Trainer, type TrainerOptions } from './training/trainer.ts';
