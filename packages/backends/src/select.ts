// Chooses the tfjs backend and prepares it.
import * as tf from '@tensorflow/tfjs-core';
import { BackendBrokenError, BackendError, BackendMissingError } from './errors.ts';
import type { WasmPaths } from './wasm.ts';

/** The backends in the order in which `auto` tries them: GPUs first. */
export const BACKENDS = ['node-gpu', 'webgpu', 'node', 'wasm', 'cpu'] as const;

export type BackendName = (typeof BACKENDS)[number];

/** A backend that `auto` did not take. */
export interface SkippedBackend {
  readonly name: BackendName;
  /** Kind of the error, such as `backends/missing` or `backends/software-gpu`. */
  readonly tag: BackendError['tag'];
  readonly reason: string;
}

export interface SelectedBackend {
  readonly name: BackendName;
  /** Name of the graphics adapter (webgpu only). */
  readonly adapter?: string;
  /** Backends that were tried first, and why they did not work. */
  readonly skipped: readonly SkippedBackend[];
}

export interface SelectOptions {
  /** What `auto` tries, in this order. Default: all. */
  readonly among?: readonly BackendName[];
  /** Addresses of the wasm binaries in a bundled application: a folder's URL, or one URL per file. Not needed in Node. */
  readonly wasmPaths?: WasmPaths;
}

/** Imports an optional peer of the running version of tfjs, or says how to install it. */
async function importPeer<T>(backend: BackendName, packageName: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const command = `npm install ${packageName}@${tf.version_core}`;
    // As Node, Vite and browsers word it; the name says whether the package is absent or something that it needs.
    const [, missing] = /(?:Cannot find (?:package|module)|resolve[^'"]*)\s*['"]([^'"]+)['"]/.exec(String(cause)) ?? [];
    if (missing === packageName)
      throw new BackendMissingError(
        'backends/missing',
        backend,
        packageName,
        'no such package',
        `Install it: ${command}.`,
        {
          cause,
        },
      );
    throw new BackendBrokenError(backend, `Install it again: ${command}.`, { cause });
  }
}

async function setUpCpu(): Promise<void> {
  if (!tf.findBackendFactory('cpu'))
    await importPeer('cpu', '@tensorflow/tfjs-backend-cpu', () => import('@tensorflow/tfjs-backend-cpu'));
  await tf.setBackend('cpu');
  // Its first operation would print an advertisement for tfjs-node.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
}

async function setUpGpu(allowSoftware: boolean): Promise<string> {
  // Only finds out whether the package is installed: webgpu.ts imports it statically.
  await importPeer('webgpu', '@tensorflow/tfjs-backend-webgpu', () => import('@tensorflow/tfjs-backend-webgpu'));
  const adapter = await (await import('./webgpu.ts')).setUpWebGpu(allowSoftware);
  await tf.setBackend('webgpu');
  return adapter;
}

async function setUp(
  name: BackendName,
  { wasmPaths }: SelectOptions,
  allowSoftware: boolean,
): Promise<Pick<SelectedBackend, 'name' | 'adapter'>> {
  if (name === 'webgpu') return { name, adapter: await setUpGpu(allowSoftware) };
  // Each backend's code is loaded when it is tried.
  if (name === 'node' || name === 'node-gpu') {
    if (typeof process === 'undefined' || !process.versions?.node)
      throw new BackendMissingError('backends/missing', name, 'Node', 'a browser', 'Use webgpu or wasm here.');
    await (await import('./native.ts')).setUpNative(name);
  }
  if (name === 'cpu') await setUpCpu();
  if (name === 'wasm') {
    const load = () => import('@tensorflow/tfjs-backend-wasm');
    const { setUpWasm } = await import('./wasm.ts');
    await setUpWasm(() => importPeer(name, '@tensorflow/tfjs-backend-wasm', load), wasmPaths);
  }
  return { name };
}

/** The engine belongs to the copy of tfjs-core that was loaded first; tensors, kernels and classes of another do not fit it. */
function expectOneCore(): void {
  if (tf.env() instanceof tf.Environment) return;
  throw new BackendError(
    'backends/two-cores',
    `@tensorflow/tfjs-core: expected one copy, got another one besides version ${tf.version_core}. Find it with 'npm ls @tensorflow/tfjs-core' and let all packages use one version.`,
  );
}

/** None of the backends that `auto` tried works. */
export class NoBackendError extends BackendError {
  override readonly name = 'NoBackendError';
  constructor(
    readonly skipped: readonly SkippedBackend[],
    message: string,
  ) {
    super('backends/missing', message);
  }
}

let current: SelectedBackend | undefined;

/** What the last call of {@link selectBackend} that succeeded has selected: a failed one leaves the current backend as it was. */
export const selectedBackend = (): SelectedBackend | undefined => current;

/**
 * Makes a backend the current one. `auto` takes the first that works of node-gpu, webgpu, node, wasm and cpu. It never takes WebGPU on a
 * software adapter, which is slower than wasm; select `webgpu` by name for that.
 *
 * @example
 * const { name, skipped } = await selectBackend('auto');
 * console.log(name); // wasm
 * console.log(skipped[0]?.reason); // backend 'node-gpu': expected @tensorflow/tfjs-node-gpu, got no such package. Install it: …
 *
 * @throws {BackendMissingError} if the backend is not installed or has no device; the message says what to install
 * @throws {BackendBrokenError} if it is installed but does not start
 */
export async function selectBackend(
  name: BackendName | 'auto' = 'auto',
  options: SelectOptions = {},
): Promise<SelectedBackend> {
  expectOneCore();
  if (name !== 'auto') {
    if (!BACKENDS.includes(name))
      throw new BackendError(
        'backends/unknown',
        `backend: expected auto, ${BACKENDS.join(', ')}, got '${name}'. Choose one of them.`,
      );
    current = { ...(await setUp(name, options, true)), skipped: [] };
    return current;
  }
  const skipped: SkippedBackend[] = [];
  for (const candidate of options.among ?? BACKENDS) {
    try {
      current = { ...(await setUp(candidate, options, false)), skipped };
      return current;
    } catch (error) {
      const tag = error instanceof BackendError ? error.tag : 'backends/broken';
      skipped.push({ name: candidate, tag, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new NoBackendError(
    skipped,
    `backend: expected one that works, got none:\n${skipped.map(({ reason }) => `  ${reason}`).join('\n')}\nInstall one: npm install @tensorflow/tfjs-backend-wasm@${tf.version_core}.`,
  );
}

let selecting: Promise<SelectedBackend> | undefined;

/**
 * Selects `auto` unless a backend is current already. Calls at the same time share one selection.
 *
 * @example
 * console.log(await ensureBackend()); // wasm
 *
 * @returns the name of the current backend as tfjs gives it
 */
export async function ensureBackend(options: SelectOptions = {}): Promise<string> {
  expectOneCore();
  if (selecting || !tf.getBackend()) {
    selecting ??= selectBackend('auto', options).finally(() => {
      selecting = undefined;
    });
    await selecting;
  }
  return tf.getBackend();
}

/** Releases the current backend's device and its tensors. Needed for webgpu in Node, where an open device keeps the process running. */
export async function releaseBackend(): Promise<void> {
  if (tf.getBackend() === 'webgpu') (await import('./webgpu.ts')).releaseGpu();
}
