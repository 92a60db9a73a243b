// What every package's tests share: the same suite on each tfjs backend.
export { eachBackend, type TestBackend } from './each-backend.ts';
export { findSoftwareGpu } from './software-gpu.ts';
