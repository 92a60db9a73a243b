// Fifty segmentations: memory does not grow, and the page is never blocked.
import type { Browser, CDPSession } from 'playwright';
import { expect, it } from 'vitest';
import { STRINGS } from '../src/strings.ts';
import { inBrowser, openBefore } from './browser.ts';
import { tasksDuring } from './main-thread.ts';
import { encodeNiftiFile } from './nifti.ts';
import type { Playground } from './playground.ts';

/** Growth of the heap that garbage collection may explain. */
const MAXIMUM_GROWTH = 4e6;

inBrowser('fifty segmentations', () => {
  let browser: Browser;
  let at: Playground;
  let devtools: CDPSession;
  openBefore({ settings: { samples: 1, device: 'wasm' } }, async (opened, served) => {
    at = opened;
    browser = served.browser;
    devtools = await at.page.context().newCDPSession(at.page);
    await at.button('MRI').click();
  });

  async function segment(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await at.run();
      await at.button('Segment').waitFor();
      await at.done(1);
    }
  }

  async function memory() {
    const { memory: engine } = await at.diagnostics();
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    return { ...engine, heap: usedSize };
  }

  it('use as much memory after fifty runs as after five', async () => {
    await segment(5);
    const before = await memory();
    await segment(45);
    const after = await memory();
    const [{ heap: start, ...held }, { heap: end, ...stillHeld }] = [before, after];
    expect(stillHeld).toEqual(held);
    expect(end - start).toBeLessThan(MAXIMUM_GROWTH);
  });

  it('as do twenty slices of a volume, looked at one after another', async () => {
    const side = 128;
    const values = Uint8Array.from({ length: side * side * 24 }, (_, i) => (i * 7) % 251);
    const affine = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 3, 0],
    ] as const;
    const volume = encodeNiftiFile({ shape: [side, side, 24], spacing: [1, 1, 3], affine, values });
    await at.choose(STRINGS.image.open, 'volume.nii', volume);
    const look = async (slices: readonly number[]) => {
      for (const index of slices) {
        await at.page.getByRole('slider', { name: 'Axial slice' }).fill(`${index}`);
        await at.page.getByText(`${index} of 0 to 23`, { exact: true }).waitFor();
      }
    };
    await look([1, 2, 0]);
    const { heap: start, ...held } = await memory();
    await look(Array.from({ length: 20 }, (_, i) => i + 1));
    await look([0]);
    const { heap: end, ...stillHeld } = await memory();
    expect(stillHeld).toEqual(held);
    expect(held.images).toBe(1);
    expect(end - start).toBeLessThan(MAXIMUM_GROWTH);
  });

  it('and other actions never block the page for 100 ms', async () => {
    const tasks = await tasksDuring(browser, at.page, async () => {
      await at.page.reload();
      await at.button('Endoscopy').click();
      await segment(2);
      await at.button('Use the phantom’s mask').click();
      for (const title of Object.values(STRINGS.view.names))
        await at.page.getByText(title, { exact: true }).first().click();
      await at.page.getByRole('slider', { name: 'Threshold' }).fill('0.3');
      await at.page.getByLabel('Largest part only').check();
      await at.saved('Everything');
    });
    expect(tasks.length).toBeGreaterThan(100);
    expect(Math.max(...tasks)).toBeLessThanOrEqual(100);
  });
});
