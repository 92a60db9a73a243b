// Runs one suite on every backend of this machine.
import { describe } from 'vitest';
import { findSoftwareGpu } from './software-gpu.ts';
import { type EachBackend, suiteOn, type TestBackend } from './suite-on.ts';

const backends = (process.env.MEDCLIPSEG_TEST_BACKENDS ?? 'cpu,wasm').split(',') as TestBackend[];

/**
 * Runs `suite` once per backend named in `MEDCLIPSEG_TEST_BACKENDS` (default `cpu,wasm`; `.ci/run` adds `webgpu`, and runs
 * some on `node`). Without a software
 * GPU, the webgpu suite is skipped and its title says what to install; where `CI` is set, it fails.
 */
export const eachBackend: EachBackend = (title, suite) => {
  for (const backend of backends) {
    const missing = backend === 'webgpu' ? findSoftwareGpu() : undefined;
    if (missing) describe.skip(`${title} (webgpu: skipped, ${missing})`, () => suite(backend));
    else suiteOn(title, backend, suite);
  }
};
