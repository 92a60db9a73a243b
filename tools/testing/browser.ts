// The same in a browser: wasm and WebGPU, the backends that pages use.
import { wasmPaths } from '@medclipseg/backends/vite';
import { type EachBackend, suiteOn } from './suite-on.ts';

export type { TestBackend } from './suite-on.ts';

export const eachBackend: EachBackend = (title, suite) => {
  for (const backend of ['wasm', 'webgpu'] as const) suiteOn(title, backend, suite, { wasmPaths });
};
