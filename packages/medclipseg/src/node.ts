// Node only: the engine of ONNX Runtime, training from dataset folders into checkpoint folders, and its logs.

export { type OnnxEngine, type OnnxEngineOptions, onnxEngine } from './engine/onnx/onnx-engine.ts';
export { LogError } from './logging/errors.ts';
export { createEventWriter, type EventWriter, type EventWriterOptions } from './logging/event-writer.ts';
export type { EventImage, EventValues } from './logging/events.ts';
export { type JsonLines, type JsonLinesOptions, openJsonLines } from './logging/json-lines.ts';
export { modelFile } from './pretrained/platform-node.ts';
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
export { acquireLock } from './training/lock.ts';
