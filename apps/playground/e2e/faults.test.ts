// Every failure is explained in plain words, and the page stays usable.
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import type { Browser, Page } from 'playwright';
import { expect, it } from 'vitest';
import { STRINGS } from '../src/strings.ts';
import { inBrowser, serveBefore } from './browser.ts';
import { encodeDicom } from './dicom.ts';
import { Playground } from './playground.ts';
import type { StaticServer } from './server.ts';

const phantom = drawPhantom({ modality: 'mri', seed: 5 });
const png = encodePng(phantom.image);

/** A PNG whose header declares more pixels than can be opened. */
function overLarge(): Uint8Array {
  const bytes = Uint8Array.from(png);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, 40_000);
  view.setUint32(20, 40_000);
  return bytes;
}

/** A DICOM file without pixels: a structured report. */
const structuredReport = encodeDicom({
  rows: 1,
  columns: 1,
  frames: 1,
  spacing: [1, 1],
  sopClass: '1.2.840.10008.5.1.4.1.1.88.11',
});

/** Destroys the GPU device during its next operation. */
async function loseDevice(page: Page): Promise<void> {
  const engine = page.workers().find((worker) => worker.url().includes('engine'));
  await engine?.evaluate(() => {
    const { createBindGroup } = GPUDevice.prototype;
    GPUDevice.prototype.createBindGroup = function (descriptor) {
      this.destroy();
      return createBindGroup.call(this, descriptor);
    };
  });
}

inBrowser('faults', () => {
  let server: StaticServer;
  let browser: Browser;
  serveBefore(
    (served) => {
      ({ server, browser } = served);
    },
    { webgpu: true },
  );

  it('files that are not images, images that are too large, and masks of another size', async () => {
    const at = await Playground.open(browser, server.url, { settings: { device: 'wasm', samples: 1 } });
    await at.choose('Choose a file', 'notes.txt', new TextEncoder().encode('just words'));
    await at.notice.filter({ hasText: 'notes.txt cannot be opened' }).waitFor();
    await at.choose('Choose a file', 'huge.png', overLarge());
    await at.notice.filter({ hasText: /huge\.png cannot be opened.*pixels/ }).waitFor();
    await at.choose('Choose a file', 'cut.png', png.subarray(0, png.length >> 1));
    await at.notice.filter({ hasText: 'cut.png cannot be opened' }).waitFor();
    await at.choose('Choose a file', 'report.dcm', structuredReport);
    await at.notice.filter({ hasText: 'report.dcm cannot be opened: expected a DICOM image' }).waitFor();
    await at.choose('Choose a file', 'scan.png', png);
    await at.page.getByRole('heading', { name: 'scan.png' }).waitFor();
    // What was wrong with the last file is no longer of interest.
    await expect.poll(() => at.notice.count()).toBe(0);
    await at.choose('Choose a mask', 'other.png', encodePng(drawPhantom({ modality: 'mri', seed: 1, size: 64 }).mask));
    await at.notice.filter({ hasText: 'other.png cannot be opened: expected a mask of' }).waitFor();
    await at.write('tumor '.repeat(90));
    await at.run();
    await at.notice.filter({ hasText: 'The prompt is too long for this model' }).waitFor();
    // Next to the prompt, where it covers nothing.
    expect(await at.page.locator('.prompt-bar .notice').count()).toBe(1);
    await at.write('одна опухоль');
    await at.page.locator('.outdated', { hasText: 'It knows:' }).waitFor();
    await at.write('one tumor');
    await at.run();
    await at.done(1);
    await expect.poll(() => at.notice.count()).toBe(0);
    expect(await at.page.locator('.outdated').count()).toBe(0);
    await at.page.getByText(STRINGS.view.names.uncertainty, { exact: true }).first().click();
    await at.page.getByText(STRINGS.view.uncertainties.mutual, { exact: true }).click();
    await at.page.getByText(STRINGS.view.oneSample).waitFor();
    expect(at.errors).toEqual([]);
    await at.close();
  });

  it('models: an invalid file, an invalid ID, and an unreachable hub leave the current model in use', async () => {
    const at = await Playground.open(browser, server.url, {
      settings: { device: 'wasm', samples: 1 },
      serviceWorkers: 'block',
    });
    await at.page.context().route(/huggingface\.co/, (route) => route.abort('internetdisconnected'));
    await at.button('Model: mini').click();
    await at.page.getByText('In use', { exact: true }).waitFor();
    await at.choose(
      'From a file',
      'broken.safetensors',
      Uint8Array.from({ length: 64 }, () => 123),
    );
    await at.notice.filter({ hasText: 'not a model that can be opened here' }).waitFor();
    await at.page.getByLabel('Model hub ID').fill('nonsense');
    await at.button('Look up').click();
    await at.notice.filter({ hasText: 'Enter a hub ID such as' }).waitFor();
    await at.page.getByLabel('Model hub ID').fill('owner/name');
    await at.button('Look up').click();
    await at.notice.filter({ hasText: 'The download failed.' }).waitFor();
    await at.page.getByText('In use', { exact: true }).waitFor();
    await at.close();
  });

  it('after the graphics device is lost, the segmentation completes on wasm', async () => {
    const at = await Playground.open(browser, server.url, { settings: { device: 'webgpu', samples: 1 } });
    await at.choose('Choose a file', 'scan.png', png);
    await at.page.locator('[data-backend=webgpu]').waitFor();
    await loseDevice(at.page);
    await at.write(phantom.prompt);
    await at.run();
    await at.notice.filter({ hasText: 'The graphics device was lost.' }).waitFor();
    await at.done(1);
    expect(await at.page.locator('[data-backend=wasm]').textContent()).toContain('the graphics device was lost');
    await at.close();
  });
});
