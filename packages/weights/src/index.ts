// Tensors in files, without tfjs: safetensors, PyTorch archives, and tables of names.
export { type ByteSource, blobSource, bytesSource } from './byte-source.ts';
export { ForbiddenPickleError, FormatError, KeyMismatchError, WeightsError } from './errors.ts';
export { below, type KeyRule, type MappingOptions, readMapped } from './key-map.ts';
export { type Layout, toOurs } from './layouts.ts';
export { openTensors } from './open.ts';
export { encodeSafetensors, openSafetensors } from './safetensors.ts';
export type { DType, TensorFile, TensorInfo, TensorValue } from './tensor-file.ts';
