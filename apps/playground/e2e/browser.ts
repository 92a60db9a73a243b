// Headless Chromium, with or without software WebGPU.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { describe } from 'vitest';

const executablePath = process.env.MEDCLIPSEG_CHROMIUM ?? '/usr/bin/chromium';
const found = existsSync(executablePath);

const SOFTWARE_WEBGPU = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-webgpu-adapter=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** The built page. */
export const BUILT = fileURLToPath(new URL('../dist/', import.meta.url));

export function launch({ webgpu = false } = {}): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...(webgpu ? SOFTWARE_WEBGPU : [])] });
}

/** A suite that needs Chromium. Without it the suite is skipped, or fails in CI. */
export function inBrowser(title: string, suite: () => void): void {
  if (!found && process.env.CI)
    throw new Error(`playground: expected Chromium in CI at ${executablePath}, got none. Install chromium.`);
  if (found) describe(title, suite);
  else describe.skip(`${title} (skipped, no Chromium; install it or set MEDCLIPSEG_CHROMIUM)`, suite);
}
