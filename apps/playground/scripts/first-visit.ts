// What a first visit costs, from an empty cache and by one click on a sample: the transfer, and the processor time of all of the browser's processes
// until the first mask and until all samples. Of the built page, on WebAssembly with one thread. Run after mini or the page has changed:
// npx vite build && node --conditions=@medclipseg/source --import tsx scripts/first-visit.ts
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { Playground } from '../e2e/playground.ts';
import { serveFolder } from '../e2e/server.ts';
import { STRINGS } from '../src/strings.ts';

const BUILT = fileURLToPath(new URL('../dist/', import.meta.url));
const executablePath = process.env.MEDCLIPSEG_CHROMIUM ?? '/usr/bin/chromium';
const print = (line: string) => process.stdout.write(`${line}\n`);

/** Visits the page with a new browser and segments a sample. Returns the megabytes that were sent and the processor seconds. */
async function visit(samples: number): Promise<readonly [megabytes: number, seconds: number]> {
  const server = await serveFolder(BUILT);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const devtools = await browser.newBrowserCDPSession();
  const processorTime = async () => {
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  const before = await processorTime();
  const at = await Playground.open(browser, server.url, { settings: { samples, device: 'wasm' } });
  await at.button(STRINGS.start.modalities.endoscopy).click();
  await at.done(samples);
  const seconds = (await processorTime()) - before;
  // What is kept for offline use belongs to the visit.
  await at.page.evaluate(() => navigator.serviceWorker.ready);
  const sizes = await Promise.all(server.requested.map((name) => stat(BUILT + name.slice(1))));
  await browser.close();
  await server.close();
  return [sizes.reduce((sum, { size }) => sum + size, 0) / 1e6, seconds];
}

for (const samples of [1, 30]) {
  const [megabytes, seconds] = await visit(samples);
  print(
    `${samples === 1 ? 'first mask' : `${samples} samples`}: ${seconds.toFixed(1)} s of processor time, ${megabytes.toFixed(1)} MB sent`,
  );
}
