// Tensors in files, without tfjs: safetensors, PyTorch archives, and tables of names. Nothing here needs Node.
export type { DType } from './dtypes/dtype.ts';
export type { WritableType } from './dtypes/narrow.ts';
export { ForbiddenPickleError, FormatError, KeyMismatchError, printable, WeightsError } from './errors.ts';
export { AddressError, HttpError, NetworkError } from './http/errors.ts';
export type { HttpOptions, Progress, TransferOptions } from './http/request.ts';
export type { Wait } from './http/retry.ts';
export type { Layout } from './keys/layouts.ts';
export { nearest } from './keys/nearest.ts';
export { HARMLESS, type MappingOptions, readMapped } from './keys/read.ts';
export { stripPrefix, unwrapped } from './keys/rename.ts';
export type { KeyRule } from './keys/rule.ts';
export { writeMapped } from './keys/write.ts';
export { openTensors } from './open.ts';
export { openSafetensors } from './safetensors/read.ts';
export { encodeSafetensors, type TensorsToWrite } from './safetensors/write.ts';
export { type ByteSource, blobSource, bytesSource } from './sources/byte-source.ts';
export { urlSource } from './sources/url.ts';
export { urlBlob } from './sources/url-blob.ts';
export {
  type StoredTensor,
  storedAs,
  storedTensors,
  type TensorFile,
  type TensorInfo,
  type TensorValue,
  tensorsInMemory,
} from './tensor-file.ts';
