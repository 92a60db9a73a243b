// What every package's tests share: the same suite on each tfjs backend.
export { eachBackend } from './each-backend.ts';
export { findSoftwareGpu } from './software-gpu.ts';
export type { TestBackend } from './suite-on.ts';
