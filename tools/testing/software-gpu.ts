// WebGPU without a GPU: what it needs on this machine, and tests that are skipped without it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';

/** The software driver that Debian's chromium package contains. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

const DRIVER_VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'] as const;

/** Folders in which the dynamic linker looks for the Vulkan loader. */
const libraryFolders = ({ LD_LIBRARY_PATH = '' }: NodeJS.ProcessEnv) => [
  ...LD_LIBRARY_PATH.split(':').filter(Boolean),
  ...['x86_64', 'aarch64'].flatMap((machine) => [`/usr/lib/${machine}-linux-gnu`, `/lib/${machine}-linux-gnu`]),
  '/usr/local/lib',
  '/usr/lib64',
  '/usr/lib',
  '/lib64',
  '/lib',
];

/** What WebGPU lacks on a Linux machine with these files, and what to install; undefined if it lacks nothing. */
export function missingForWebGpu(
  environment: NodeJS.ProcessEnv,
  exists: (path: string) => boolean,
): string | undefined {
  const named = DRIVER_VARIABLES.flatMap((name) => (environment[name] ?? '').split(':').filter(Boolean));
  if (named.length > 0 && !named.some(exists)) return `no Vulkan driver at ${named.join(', ')}: correct the variable`;
  if (named.length === 0 && !exists(SWIFTSHADER)) return 'no Vulkan driver: install chromium, or set VK_ICD_FILENAMES';
  if (!libraryFolders(environment).some((folder) => exists(join(folder, 'libvulkan.so.1'))))
    return 'no Vulkan loader: install libvulkan1';
  return undefined;
}

let reported = false;

/** Names the driver to Dawn, unless the environment names one. Where `CI` is set, missing parts are an error. @returns what is missing */
export function findSoftwareGpu(): string | undefined {
  const missing = process.platform === 'linux' ? missingForWebGpu(process.env, existsSync) : undefined;
  if (missing && process.env.CI) throw new Error(`webgpu: expected a software GPU in CI, got ${missing}.`);
  if (missing && !reported) console.warn(`webgpu tests are skipped: ${missing}`);
  reported ||= missing !== undefined;
  if (!missing && !DRIVER_VARIABLES.some((name) => process.env[name]) && existsSync(SWIFTSHADER))
    process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  return missing;
}

/** A test that needs WebGPU. Without it, the test is skipped, and its title says what to install. */
export function itWithGpu(title: string, test: () => Promise<void>): void {
  const missing = findSoftwareGpu();
  if (missing) it.skip(`${title} (skipped, ${missing})`, test);
  else it(title, test);
}
