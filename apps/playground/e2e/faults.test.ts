// What goes wrong is said in a prompt, and the page goes on.
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUILT, inBrowser, launch } from './browser.ts';
import { Playground } from './playground.ts';
import { type StaticServer, serveFolder } from './server.ts';

const phantom = drawPhantom({ modality: 'mri', seed: 5 });
const png = encodePng(phantom.image);

/** A PNG whose header claims more pixels than may be opened; nothing of it is decoded. */
function overLarge(): Uint8Array {
  const bytes = Uint8Array.from(png);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, 40_000);
  view.setUint32(20, 40_000);
  return bytes;
}

/** Takes the device away with the next thing that it is asked to compute. */
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
  beforeAll(async () => {
    server = await serveFolder(BUILT);
    browser = await launch({ webgpu: true });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  it('a file that is no image, and a picture that is too large', async () => {
    const at = await Playground.open(browser, server.url, { settings: { compute: 'wasm', samples: 1 } });
    await at.choose('Choose a file', 'notes.txt', new TextEncoder().encode('just words'));
    await at.notice.filter({ hasText: 'This file cannot be read as an image.' }).waitFor();
    await at.choose('Choose a file', 'huge.png', overLarge());
    await at.notice.filter({ hasText: 'Up to 100 million pixels' }).waitFor();
    await at.choose('Choose a file', 'cut.png', png.subarray(0, png.length >> 1));
    await at.notice.filter({ hasText: 'This file cannot be read as an image.' }).waitFor();
    await at.choose('Choose a file', 'scan.png', png);
    await at.choose('Choose a mask', 'other.png', encodePng(drawPhantom({ modality: 'mri', seed: 1, size: 64 }).mask));
    await at.notice.filter({ hasText: 'another size than the picture' }).waitFor();
    await at.write('one tumor');
    await at.run();
    await at.done(1);
    expect(at.errors).toEqual([]);
    await at.close();
  });

  it('models: a file that is none, an id that is none, a hub that cannot be reached; the one in use stays', async () => {
    const at = await Playground.open(browser, server.url, {
      settings: { compute: 'wasm', samples: 1 },
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
    await at.page.getByLabel('Model hub id').fill('nonsense');
    await at.button('Look it up').click();
    await at.notice.filter({ hasText: 'A hub id looks like' }).waitFor();
    await at.page.getByLabel('Model hub id').fill('owner/name');
    await at.button('Look it up').click();
    await at.notice.filter({ hasText: 'The download did not work.' }).waitFor();
    await at.page.getByText('In use', { exact: true }).waitFor();
    await at.close();
  });

  it('a lost graphics device: the segmentation goes on without it, to its end', async () => {
    const at = await Playground.open(browser, server.url, { settings: { compute: 'webgpu', samples: 1 } });
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
