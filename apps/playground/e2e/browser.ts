// Headless Chromium, with or without software WebGPU.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe } from 'vitest';
import { type OpenOptions, Playground } from './playground.ts';
import { type StaticServer, serveFolder } from './server.ts';

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

interface Served {
  readonly browser: Browser;
  readonly server: StaticServer;
}

/** Serves the built page and starts a browser before the tests of a suite, and ends both after them. */
export function serveBefore(use: (served: Served) => unknown, options?: Parameters<typeof launch>[0]): void {
  let served: Served | undefined;
  beforeAll(async () => {
    served = { server: await serveFolder(BUILT), browser: await launch(options) };
    await use(served);
  });
  afterAll(async () => {
    await served?.browser.close();
    await served?.server.close();
  });
}

/** Opens the built page before the tests of a suite. */
export const openBefore = (
  { webgpu, ...options }: OpenOptions & { readonly webgpu?: boolean },
  use: (at: Playground, served: Served) => unknown,
): void =>
  serveBefore(async (served) => use(await Playground.open(served.browser, served.server.url, options), served), {
    webgpu,
  });
