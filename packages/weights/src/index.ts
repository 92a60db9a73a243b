// Tensors in files: safetensors, PyTorch archives, and tables of keys. Runs in any environment, without tfjs.
export type { DType } from './dtypes/dtype.ts';
export type { WritableType } from './dtypes/narrow.ts';
export {
  escapeControlCharacters,
  ForbiddenPickleError,
  FormatError,
  isWeightsError,
  KeyMismatchError,
  WeightsError,
  type WeightsErrorTag,
} from './errors.ts';
export { AddressError, HttpError, NetworkError } from './http/errors.ts';
export type { HttpOptions, Progress, TransferOptions } from './http/request.ts';
export type { Wait } from './http/retry.ts';
export { closestMatch } from './keys/closest-match.ts';
export type { Layout } from './keys/layouts.ts';
export { BUFFER_KEYS, type MappingOptions, readMapped } from './keys/read.ts';
export { stripPrefix, unwrapped } from './keys/rename.ts';
export type { KeyRule } from './keys/rule.ts';
export { writeMapped } from './keys/write.ts';
export { openTensors } from './open.ts';
export { openSafetensors } from './safetensors/read.ts';
export { encodeSafetensors, type TensorsToWrite } from './safetensors/write.ts';
export { type ByteSource, blobSource, bytesSource } from './sources/byte-source.ts';
export { urlBlob, urlSource } from './sources/url.ts';
export {
  type StoredTensor,
  storedAs,
  storedTensors,
  type TensorFile,
  type TensorInfo,
  type TensorValue,
  tensorsInMemory,
} from './tensor-file.ts';
