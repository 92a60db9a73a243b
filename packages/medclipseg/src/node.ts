// Models and the logs of trainings on disk.
export {
  BEST,
  type Encoders,
  LATEST,
  type LoadedModel,
  loadEncoders,
  loadModel,
  loadTraining,
  saveCheckpoint,
} from './checkpoint.ts';
export { LogError } from './logging/errors.ts';
export { createEventWriter, type EventWriter, type EventWriterOptions } from './logging/event-writer.ts';
export type { EventImage, EventValues } from './logging/events.ts';
export { type JsonLines, type JsonLinesOptions, openJsonLines } from './logging/json-lines.ts';
