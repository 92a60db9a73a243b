// WebGPU in Node, through the optional package `webgpu` (Dawn).
import { BackendMissingError } from './errors.ts';

const DRIVER_VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'];

/** Folders that the Vulkan loader searches for driver manifests (`*.json`), in its order. */
function manifestFolders({ HOME, XDG_CONFIG_HOME, XDG_CONFIG_DIRS, XDG_DATA_HOME, XDG_DATA_DIRS }: NodeJS.ProcessEnv) {
  return [
    XDG_CONFIG_HOME || `${HOME}/.config`,
    ...(XDG_CONFIG_DIRS || '/etc/xdg').split(':'),
    '/etc',
    XDG_DATA_HOME || `${HOME}/.local/share`,
    ...(XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':'),
  ].map((folder) => `${folder}/vulkan/icd.d`);
}

/** True if the environment names a Vulkan driver or a manifest of one is installed (Linux). Without one, Dawn prints warnings and fails. */
export async function hasVulkanDriver(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (DRIVER_VARIABLES.some((name) => environment[name])) return true;
  // Bundlers for the browser do not follow an import by variable.
  const module = 'node:fs/promises';
  const { readdir } = (await import(/* @vite-ignore */ module)) as typeof import('node:fs/promises');
  for (const folder of manifestFolders(environment)) {
    const names = await readdir(folder).catch(() => []);
    if (names.some((name) => name.endsWith('.json'))) return true;
  }
  return false;
}

/** Defines `navigator.gpu` and the WebGPU globals, unless the runtime has them. */
export async function provideGpu(): Promise<void> {
  if (globalThis.navigator?.gpu) return;
  const missing = (remedy: string, cause?: unknown) =>
    new BackendMissingError('backends/missing', 'webgpu', 'navigator.gpu', 'none', remedy, { cause });
  if (typeof process === 'undefined' || !process.versions?.node) throw missing('Use a browser with WebGPU.');
  const name = 'webgpu';
  const { create, globals } = (await import(/* @vite-ignore */ name).catch((cause) => {
    throw missing('In Node, install it: npm install webgpu.', cause);
  })) as { create(flags: string[]): GPU; globals: object };
  if (process.platform === 'linux' && !(await hasVulkanDriver())) {
    const remedy = 'Install the driver of your GPU.';
    throw new BackendMissingError('backends/no-adapter', 'webgpu', 'a Vulkan driver', 'none', remedy);
  }
  for (const [key, value] of Object.entries(globals))
    if (!(key in globalThis)) Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  if (!navigator.gpu) Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true });
}

const POLLING_INTERVAL_MS = 1;

const isNative = (callback: unknown): boolean =>
  typeof callback === 'function' && Function.prototype.toString.call(callback).includes('[native code]');

/**
 * Polls software devices less often. Dawn asks with `setImmediate`, without a pause, whether the device has finished; a software device
 * computes on the same processor. From here on, native callbacks of `setImmediate` wait a millisecond. Others are unchanged.
 *
 * @returns restores `setImmediate`
 */
export function throttlePolling(): () => void {
  const { setImmediate: original } = globalThis;
  const throttled = new Proxy(original, {
    apply: (target, self, [callback, ...values]) =>
      isNative(callback)
        ? setTimeout(callback, POLLING_INTERVAL_MS, ...values)
        : Reflect.apply(target, self, [callback, ...values]),
  });
  globalThis.setImmediate = throttled;
  return () => {
    // Keeps a replacement that other code has installed since.
    if (globalThis.setImmediate === throttled) globalThis.setImmediate = original;
  };
}
