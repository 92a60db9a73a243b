// Chooses the tfjs backend and prepares it.
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { BackendBrokenError, BackendError, BackendMissingError } from './errors.ts';
import { cureWasm } from './wasm-kernels.ts';

/** In the order in which `auto` tries them. */
export const BACKENDS = ['node-gpu', 'node', 'webgpu', 'wasm', 'cpu'] as const;

export type BackendName = (typeof BACKENDS)[number];

export interface SelectedBackend {
  readonly name: BackendName;
  /** Backends that were tried before it, and why they did not serve. */
  readonly passed: readonly { readonly name: BackendName; readonly reason: string }[];
}

export interface SelectOptions {
  /** Where the browser finds the wasm binaries: a folder's URL, or a URL per file. */
  readonly wasmPaths?: string | Record<string, string>;
}

/** Native TensorFlow is an optional peer: its installation downloads several hundred MB. */
async function setUpNative(name: 'node' | 'node-gpu'): Promise<void> {
  const native = name === 'node' ? '@tensorflow/tfjs-node' : '@tensorflow/tfjs-node-gpu';
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new BackendMissingError(name, 'a browser', 'Use webgpu or wasm here.');
  // tfjs-node 4.22 calls functions that Node 23 removed.
  const module = 'node:util';
  const util = ((await import(/* @vite-ignore */ module)) as { default: Record<string, unknown> }).default;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  await import(/* @vite-ignore */ native).catch((cause) => {
    const absent = cause?.code === 'ERR_MODULE_NOT_FOUND' && String(cause.message).includes(native);
    if (absent)
      throw new BackendMissingError(name, `no ${native}`, `Install it: npm install ${native}@4.22.0.`, { cause });
    throw new BackendBrokenError(name, `Install it anew: npm install ${native}@4.22.0.`, { cause });
  });
  await tf.setBackend('tensorflow');
}

async function setUp(name: BackendName, { wasmPaths }: SelectOptions): Promise<void> {
  if (name === 'node' || name === 'node-gpu') return setUpNative(name);
  // Loaded only when asked for: importing it looks for a GPU.
  if (name === 'webgpu') await (await import('./webgpu.ts')).setUpWebGpu();
  if (name === 'wasm' && wasmPaths) setWasmPaths(wasmPaths);
  if (!(await tf.setBackend(name)))
    throw new BackendMissingError(name, 'a backend that does not start', 'Use another.');
  await tf.ready();
  if (name === 'wasm') cureWasm();
  // Its first operation would print an advertisement for tfjs-node.
  if (name === 'cpu') (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
}

/**
 * Makes a backend the current one. `auto` takes the first that works of native GPU, native CPU, WebGPU, wasm and cpu.
 *
 * @throws BackendMissingError if the named one is not here, saying what to install
 * @throws BackendBrokenError if it is here and does not start
 */
export async function selectBackend(
  name: BackendName | 'auto' = 'auto',
  options: SelectOptions = {},
): Promise<SelectedBackend> {
  if (name !== 'auto') {
    if (!BACKENDS.includes(name))
      throw new BackendError(
        'backends/unknown',
        `backend: expected auto, ${BACKENDS.join(', ')}, got '${name}'. Choose one of them.`,
      );
    await setUp(name, options);
    return { name, passed: [] };
  }
  const passed: { name: BackendName; reason: string }[] = [];
  for (const candidate of BACKENDS) {
    try {
      await setUp(candidate, options);
      return { name: candidate, passed };
    } catch (error) {
      passed.push({ name: candidate, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new BackendError(
    'backends/unknown',
    'backend: expected at least cpu to work, got none. Reinstall the package.',
  );
}

/** Gives the backend's device back. Needed for webgpu in Node, where a live device keeps the process from ending. */
export async function releaseBackend(): Promise<void> {
  if (tf.getBackend() === 'webgpu') (await import('./webgpu.ts')).releaseGpu();
}
