// Backends: choosing one, and what can go wrong with it.
export { BackendBrokenError, BackendError, BackendMissingError, GpuError, OutOfMemoryError } from './errors.ts';
export {
  BACKENDS,
  type BackendName,
  releaseBackend,
  type SelectedBackend,
  type SelectOptions,
  selectBackend,
} from './select.ts';
