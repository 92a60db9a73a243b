// Images, sheets and datasets on disk.
export { type Batch, type BatchOptions, batches, SampleCache } from './batches.ts';
export { decodeImage, MAXIMUM_PIXELS, readImage } from './decode.ts';
export { encodePng, type PngPixels, writePng, writeWhole } from './encode.ts';
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
export { type PromptRow, readPromptSheet } from './sheets.ts';
