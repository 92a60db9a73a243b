// Images, sheets and datasets on disk.

export { type EusOptions, type EusReport, type EusSources, prepareEus } from './archives/eus.ts';
export { ArchiveError, type ExtractOptions, extractArchive } from './archives/extract.ts';
export { removeLeftovers, writeFileAtomically } from './atomic.ts';
export { type CheckOptions, type CheckReport, checkDataset } from './check/check.ts';
export type { Agreement } from './check/files.ts';
export { PROBLEM_KINDS, type Problem, type ProblemKind, type Severity } from './check/problems.ts';
export type { TokenCounter } from './check/sheets.ts';
export { type CreateOptions, type CreateReport, createDataset } from './create/create.ts';
export type { SplitCounts } from './create/layout.ts';
export { DEFAULT_SHARES, type SplitShares } from './create/splits.ts';
export {
  PROMPT_DESIGNS,
  type PromptDesign,
  readSplit,
  type SampleFile,
  type Split,
  type SplitFiles,
  type SplitOptions,
  sheetName,
} from './folder.ts';
export { decodeImage, readImage } from './images/decode-node.ts';
export type { DecodeImage, DecodeOptions } from './images/decoder.ts';
export { encodePng, type PngPixels, writePng } from './images/encode.ts';
export { MAXIMUM_PIXELS } from './images/header.ts';
export { DecodingThread } from './loading/decoding-thread.ts';
export { type Batch, type BatchOptions, type LoaderOptions, SampleLoader } from './loading/loader.ts';
export { readMask } from './loading/sample.ts';
export { WorkerPool } from './loading/worker-pool.ts';
export {
  interpretMaskFiles,
  type MaskReadingOptions,
  readMaskFile,
  surveyMasks,
  withMaskReadings,
} from './masks/folder.ts';
export { type PhantomDatasetOptions, phantomSeed, writePhantoms } from './phantoms/write.ts';
export { readPromptSheet, readTable } from './sheets/files.ts';
export { type PromptRow, parsePromptSheet } from './sheets/sheets.ts';
export {
  type BrokenSeries,
  type DicomFacts,
  groupSlices,
  type LeftOut,
  type SingleFile,
  type SliceGroup,
  type SliceGroups,
} from './volumes/dicom-groups.ts';
export { encodeDicomSeg, type SegOptions, type SegSegment } from './volumes/dicom-seg.ts';
export { openVolume, readDicomFacts, type VolumeOptions, writeNifti } from './volumes/files.ts';
export { encodeNifti, type NiftiMapOptions } from './volumes/nifti-file.ts';
export {
  type Affine,
  type Axis,
  axisAcross,
  displayedSlice,
  MAXIMUM_VOXELS,
  mapSlices,
  type NiftiTemplate,
  orientationOf,
  PLANES,
  type PlaneName,
  planeAcross,
  type SliceRange,
  type Triple,
  type Volume,
  type VolumeWindow,
  type VoxelMap,
} from './volumes/volume.ts';
