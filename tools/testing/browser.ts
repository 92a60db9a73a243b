// The same in a browser: wasm and WebGPU, the backends that pages use.
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { type EachBackend, suiteOn } from './suite-on.ts';

export type { TestBackend } from './suite-on.ts';

/** Where the wasm binaries lie, by the names that tfjs asks for. */
export const wasmPaths = {
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
};

export const eachBackend: EachBackend = (title, suite) => {
  for (const backend of ['wasm', 'webgpu'] as const) suiteOn(title, backend, suite, { wasmPaths });
};
