// Training: from examples to a finished checkpoint. Runtime neutral; folders of datasets and checkpoints are in `medclipseg/node`.

export { DivergedError } from '../errors.ts';
export type { Contents } from '../pretrained/checkpoint.ts';
export type { StepLoss } from './batch.ts';
export { type CheckpointStore, MemoryCheckpoints, type SaveOptions } from './checkpoints.ts';
export {
  type BatchRequest,
  type Example,
  type ExampleOptions,
  type Examples,
  examplesInMemory,
  type ImageBatch,
} from './examples.ts';
export { type FitData, type FitOptions, type FitStart, fit } from './fit.ts';
export {
  type EpochReport,
  PUBLISHED_PLAN,
  type StepReport,
  type TrainingPlan,
  type TrainingProgress,
  type Validation,
} from './plan.ts';
