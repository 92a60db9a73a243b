// Traces TensorFlow.js functions into ONNX graphs and writes them as standard files.
export { type EncodedModel, type EncodeOptions, encodeOnnx } from './encode.ts';
export type { Precision, StoredRange, WeightPlacement } from './encoder.ts';
export { InputError, isOnnxError, OnnxError, SessionError, TraceError } from './errors.ts';
export { fusePatterns } from './fuse.ts';
export type { Graph } from './graph.ts';
export { type DeclareInput, type InputDescription, type TraceOptions, trace } from './trace.ts';
