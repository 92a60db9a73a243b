// Node only: datasets, checkpoints and logs of trainings in folders.

export { LogError } from './logging/errors.ts';
export { createEventWriter, type EventWriter, type EventWriterOptions } from './logging/event-writer.ts';
export type { EventImage, EventValues } from './logging/events.ts';
export { type JsonLines, type JsonLinesOptions, openJsonLines } from './logging/json-lines.ts';
export { type Encoders, type LoadedModel, loadEncoders, loadModel } from './pretrained/load.ts';
export type { PublishedOptions } from './pretrained/published.ts';
export { BEST, LATEST } from './pretrained/weight-files.ts';
export {
  type CheckpointFolder,
  type FolderOptions,
  hasTraining,
  openCheckpointFolder,
} from './training/checkpoint-folder.ts';
export {
  type DatasetFolderOptions,
  type FolderData,
  type MissingFiles,
  openDatasetFolders,
} from './training/dataset-folders.ts';
