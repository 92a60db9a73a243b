// Backends: choosing and preparing one, and the errors when there is none.
export { batchBudget } from './batching.ts';
export {
  BackendBrokenError,
  BackendError,
  BackendMissingError,
  GpuError,
  isBackendError,
  OutOfMemoryError,
} from './errors.ts';
export {
  BACKENDS,
  type BackendName,
  ensureBackend,
  NoBackendError,
  releaseBackend,
  type SelectedBackend,
  type SelectOptions,
  type SkippedBackend,
  selectBackend,
  selectedBackend,
} from './select.ts';
export type { WasmPaths } from './wasm.ts';
