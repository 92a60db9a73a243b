// Models and the logs of trainings on disk.
export {
  type Encoders,
  type LoadedModel,
  loadEncoders,
  loadModel,
  loadTraining,
  saveCheckpoint,
} from './checkpoint.ts';
export {
  BEST,
  type CheckpointFolder,
  type FolderOptions,
  LATEST,
  openCheckpointFolder,
} from './checkpoints/folder.ts';
export type { PublishedOptions } from './checkpoints/published.ts';
export { LogError } from './logging/errors.ts';
export { createEventWriter, type EventWriter, type EventWriterOptions } from './logging/event-writer.ts';
export type { EventImage, EventValues } from './logging/events.ts';
export { type JsonLines, type JsonLinesOptions, openJsonLines } from './logging/json-lines.ts';
