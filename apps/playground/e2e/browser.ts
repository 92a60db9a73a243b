// Headless Chromium, with or without WebGPU in software.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { describe } from 'vitest';

const executablePath = process.env.MEDCLIPSEG_CHROMIUM ?? '/usr/bin/chromium';
const found = existsSync(executablePath);

const WEBGPU_IN_SOFTWARE = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-webgpu-adapter=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** The built page. */
export const BUILT = fileURLToPath(new URL('../dist/', import.meta.url));

export function launch({ webgpu = false } = {}): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...(webgpu ? WEBGPU_IN_SOFTWARE : [])] });
}

/** A suite in the browser. Without Chromium it is skipped, in CI it fails. */
export function inBrowser(title: string, suite: () => void): void {
  if (!found && process.env.CI)
    throw new Error(`playground: expected Chromium in CI at ${executablePath}, got none. Install chromium.`);
  if (found) describe(title, suite);
  else describe.skip(`${title} (skipped, no Chromium; install it or set MEDCLIPSEG_CHROMIUM)`, suite);
}
