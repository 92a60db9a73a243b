// Text-driven segmentation of medical images with uncertainty.
export type { Progress } from '@medclipseg/weights';
export type { ModelConfig } from './config.ts';
export {
  DEVICES,
  type DeviceName,
  type DeviceOptions,
  type SelectedDevice,
  type SkippedDevice,
  selectDevice,
} from './device.ts';
export type { Engine, EngineInput, EngineOptions, SampleNoise, Start } from './engine/engine.ts';
export {
  ArgumentError,
  CheckpointError,
  DeviceError,
  DivergedError,
  isModelError,
  LockedError,
  ModelError,
  TokenizerError,
} from './errors.ts';
export { CLASS_COLORS, labelImage, overlayImage, sideBySide, uncertaintyImage } from './images.ts';
export { knownWords, unknownPrompt } from './known-words.ts';
export { type LabelOptions, MedCLIPSeg, type ModelOrigin, type SegmentOptions } from './model.ts';
export type { ModelParameters, Network } from './network.ts';
export { type CheckpointOptions, encodeCheckpoint } from './pretrained/checkpoint.ts';
export type { EncodersReference } from './pretrained/encoders-reference.ts';
export {
  type Encoders,
  type LoadOptions,
  loadEncoders,
  type ModelInfo,
  type PretrainedOptions,
} from './pretrained/load.ts';
export { type HubModel, hubModels, type ModelSource } from './pretrained/locate.ts';
export type { PlaceOptions } from './pretrained/place.ts';
export type { PublishedOptions } from './pretrained/published.ts';
export type { StopRule } from './sampling/monte-carlo.ts';
export type { Estimate } from './sampling/running-mean.ts';
export type { SegmentImage } from './segment-inputs.ts';
export type { LabelMap, RestoreOptions, Segmentation } from './segmentation.ts';
export { binaryEntropy, MAXIMUM_ENTROPY } from './uncertainty.ts';
