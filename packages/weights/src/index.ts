// Tensors in files, without tfjs: safetensors, PyTorch archives, and tables of names. Nothing here needs Node.
export type { DType } from './dtypes/dtype.ts';
export type { WritableType } from './dtypes/narrow.ts';
export { ForbiddenPickleError, FormatError, KeyMismatchError, WeightsError } from './errors.ts';
export type { Layout } from './keys/layouts.ts';
export { below, HARMLESS, type MappingOptions, readMapped } from './keys/read.ts';
export type { KeyRule } from './keys/rule.ts';
export { writeMapped } from './keys/write.ts';
export { openTensors } from './open.ts';
export { openSafetensors } from './safetensors/read.ts';
export { encodeSafetensors, type TensorsToWrite } from './safetensors/write.ts';
export { type ByteSource, blobSource, bytesSource } from './sources/byte-source.ts';
export {
  type StoredTensor,
  storedAs,
  storedTensors,
  type TensorFile,
  type TensorInfo,
  type TensorValue,
  tensorsInMemory,
} from './tensor-file.ts';
