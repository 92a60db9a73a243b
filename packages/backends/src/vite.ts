// The wasm binaries as assets of a Vite bundle.
/// <reference path="./wasm-url.d.ts" />
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';

/**
 * Addresses of the wasm binaries, for `selectBackend` and `ensureBackend`.
 *
 * @example
 * import { selectBackend } from '@medclipseg/backends';
 * import { wasmPaths } from '@medclipseg/backends/vite';
 *
 * await selectBackend('wasm', { wasmPaths });
 */
export const wasmPaths: Readonly<Record<string, string>> = {
  'tfjs-backend-wasm.wasm': new URL(plain, import.meta.url).href,
  'tfjs-backend-wasm-simd.wasm': new URL(simd, import.meta.url).href,
  'tfjs-backend-wasm-threaded-simd.wasm': new URL(threaded, import.meta.url).href,
};
