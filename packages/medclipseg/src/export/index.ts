// Models as ONNX files with a card, for programs in other languages. Node only.

export { ExportError } from '../errors.ts';
export { type ExportCard, type GraphDescription, NOTICE, type TensorCard } from './card.ts';
export { type ExportedModel, type ExportOptions, exportOnnx } from './export-onnx.ts';
export { type HubTokenizer, hubTokenizer } from './hub-tokenizer.ts';
