// Checkpoints and the logs of trainings on disk.
export { loadTraining, saveCheckpoint } from './checkpoint.ts';
export { type CheckpointFolder, type FolderOptions, openCheckpointFolder } from './checkpoints/folder.ts';
export { BEST, LATEST } from './checkpoints/names.ts';
export type { PublishedOptions } from './checkpoints/published.ts';
export { LogError } from './logging/errors.ts';
export { createEventWriter, type EventWriter, type EventWriterOptions } from './logging/event-writer.ts';
export type { EventImage, EventValues } from './logging/events.ts';
export { type JsonLines, type JsonLinesOptions, openJsonLines } from './logging/json-lines.ts';
export { type Encoders, type LoadedModel, loadEncoders, loadModel } from './pretrained/load.ts';
