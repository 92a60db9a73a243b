// Shared by the tests of all packages: the same suite on each tfjs backend.
export { eachBackend } from './each-backend.ts';
export { imitateTensorFlow } from './imitated-tensorflow.ts';
export { itWithGpu, missingForWebGpu } from './software-gpu.ts';
export { suiteOn, type TestBackend } from './suite-on.ts';
