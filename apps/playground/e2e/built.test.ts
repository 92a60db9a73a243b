// The built folder: its size, its content security policy, and offline use after the first visit.
import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT, inBrowser, launch } from './browser.ts';
import { encodeDicom } from './dicom.ts';
import { Playground } from './playground.ts';
import { type StaticServer, serveFolder } from './server.ts';

/** Compressed frames, made by other programs. */
interface CodecFrame {
  readonly rows: number;
  readonly columns: number;
  /** In base64. */
  readonly frame: string;
}
const FRAMES = new URL('../../../packages/datasets/src/fixtures/scan-codecs.json', import.meta.url);
const frames: Readonly<Record<string, CodecFrame>> = JSON.parse(await readFile(FRAMES, 'utf8'));

describe('the built folder', () => {
  it('has less than 1.5 MB of scripts, gzipped, without weights', async () => {
    const names = await readdir(BUILT, { recursive: true });
    const scripts = await Promise.all(
      names.filter((name) => /\.(js|wasm)$/.test(name)).map((n) => readFile(BUILT + n)),
    );
    const sum = scripts.reduce((total, bytes) => total + gzipSync(bytes).length, 0);
    expect(scripts.length).toBeGreaterThan(4);
    expect(sum).toBeLessThan(1.5e6);
  });

  it('has no inline script, and a policy that forbids them', async () => {
    const page = await readFile(`${BUILT}index.html`, 'utf8');
    expect(page).toMatch(/http-equiv="Content-Security-Policy"/);
    expect(page.replaceAll('&#39;', "'")).toMatch(/script-src 'self' 'wasm-unsafe-eval';/);
    expect(page).not.toContain('unsafe-inline');
    expect(page.match(/<script[^>]*>/g)).toEqual([expect.stringMatching(/ src="\.\//)]);
  });
});

inBrowser('offline', () => {
  let server: StaticServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await serveFolder(BUILT);
    browser = await launch();
  });
  afterAll(() => browser.close());

  it('the page works after the first visit, at any path, and contacts no other host', async () => {
    const at = await Playground.open(browser, server.url, { settings: { samples: 1, device: 'wasm' } });
    const requested: string[] = [];
    at.page.context().on('request', (request) => requested.push(request.url()));
    await at.page.evaluate(() => navigator.serviceWorker.ready);
    await at.page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
    // The model opens after its weights are kept. Their key is in the cache earlier, but a reload would discard them while they are written.
    await at.page.locator('header .hash').waitFor();
    expect(server.requested.filter((name) => name.endsWith('.safetensors'))).toHaveLength(1);
    await server.close();
    await at.page.reload();
    await at.button('MRI').click();
    await at.run();
    await at.done(1);
    // Decoders in WebAssembly are loaded when a file needs them.
    for (const [name, syntax] of [
      ['JPEG 2000, 12 bits', '1.2.840.10008.1.2.4.90'],
      ['JPEG-LS, 12 bits', '1.2.840.10008.1.2.4.80'],
    ] as const) {
      const { frame, rows, columns } = frames[name] as CodecFrame;
      const pixels = { syntax, frame: Buffer.from(frame, 'base64') };
      await at.button('Close the image').click();
      const dicom = encodeDicom({ rows, columns, frames: 1, spacing: [1, 1], pixels });
      await at.choose('Choose a file', `${name}.dcm`, dicom);
      await at.page.getByText(`${columns} × ${rows} px`).waitFor();
    }
    expect(at.errors).toEqual([]);
    expect(requested.filter((url) => !url.startsWith(server.url) && !url.startsWith('blob:'))).toEqual([]);
  });
});
