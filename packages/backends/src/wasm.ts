// Starts the wasm backend: reports why it fails, and leaves no process listeners behind.
import * as tf from '@tensorflow/tfjs-core';
import { BackendBrokenError } from './errors.ts';
import { patchWasmKernels } from './wasm-kernels.ts';

/** Addresses of the wasm binaries: a folder's URL that ends in `/`, or one URL per file name. */
export type WasmPaths = string | Readonly<Record<string, string>>;

const REMEDY =
  'Serve tfjs-backend-wasm.wasm, tfjs-backend-wasm-simd.wasm and tfjs-backend-wasm-threaded-simd.wasm from ' +
  "@tensorflow/tfjs-backend-wasm/dist and pass their addresses as wasmPaths; with Vite: import { wasmPaths } from '@medclipseg/backends/vite'.";

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/** Emscripten's listeners: `function(ex){if(!(ex instanceof ExitStatus)){throw ex}}` and `function(reason){throw reason}`. */
const RETHROWS = /^function\s*\((\w+)\)\s*\{\s*(if\s*\(!\(\1 instanceof \w+\)\)\s*\{?\s*)?throw \1;?[\s}]*$/;

/** Remembers the listeners of the process; the returned function removes those that Emscripten has added since. */
function watchListeners(): () => void {
  // A bundler's stub of `process` has no listeners.
  if (typeof process === 'undefined' || typeof process.listeners !== 'function') return () => {};
  const listenersOf = (event: string) => process.listeners(event as 'uncaughtException');
  const before = PROCESS_EVENTS.map(listenersOf);
  return () => {
    PROCESS_EVENTS.forEach((event, i) => {
      for (const listener of listenersOf(event))
        if (!before[i]?.includes(listener) && RETHROWS.test(listener.toString())) process.off(event, listener);
    });
  };
}

type Factory = NonNullable<ReturnType<typeof tf.findBackendFactory>>;
let factory: Factory | undefined;

/**
 * Makes wasm the current backend.
 *
 * @param load imports `@tensorflow/tfjs-backend-wasm`, which registers the backend
 */
export async function setUpWasm(
  load: () => Promise<{ setWasmPaths(paths: WasmPaths): void }>,
  wasmPaths?: WasmPaths,
): Promise<void> {
  if (!(tf.engine().registry as Readonly<Record<string, unknown>>).wasm) {
    const removeListeners = watchListeners();
    try {
      const { setWasmPaths } = await load();
      factory ??= tf.findBackendFactory('wasm') as Factory;
      if (wasmPaths) setWasmPaths(wasmPaths);
      // Not by `tf.setBackend`, which would print the error and return false.
      const backend = await factory();
      if (tf.findBackendFactory('wasm')) tf.removeBackend('wasm');
      tf.registerBackend('wasm', () => backend, 2);
    } catch (cause) {
      if (cause instanceof Error && 'tag' in cause) throw cause;
      throw new BackendBrokenError('wasm', REMEDY, { cause });
    } finally {
      removeListeners();
    }
  }
  await tf.setBackend('wasm');
  patchWasmKernels();
}
