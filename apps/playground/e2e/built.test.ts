// The built folder: light, under a strict policy, and working without a connection after the first visit.
import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT, inBrowser, launch } from './browser.ts';
import { Playground } from './playground.ts';
import { type StaticServer, serveFolder } from './server.ts';

describe('the built folder', () => {
  it('is under 1.5 MB of script, gzipped, weights apart', async () => {
    const names = await readdir(BUILT, { recursive: true });
    const scripts = await Promise.all(
      names.filter((name) => /\.(js|wasm)$/.test(name)).map((n) => readFile(BUILT + n)),
    );
    const sum = scripts.reduce((total, bytes) => total + gzipSync(bytes).length, 0);
    expect(scripts.length).toBeGreaterThan(4);
    expect(sum).toBeLessThan(1.5e6);
  });

  it('has a policy that allows no inline script, and no inline script', async () => {
    const page = await readFile(`${BUILT}index.html`, 'utf8');
    expect(page).toMatch(/http-equiv="Content-Security-Policy"/);
    expect(page.replaceAll('&#39;', "'")).toMatch(/script-src 'self' 'wasm-unsafe-eval';/);
    expect(page).not.toContain('unsafe-inline');
    expect(page.match(/<script[^>]*>/g)).toEqual([expect.stringMatching(/ src="\.\//)]);
  });
});

inBrowser('without a connection', () => {
  let server: StaticServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await serveFolder(BUILT);
    browser = await launch();
  });
  afterAll(() => browser.close());

  it('the page works after the first visit, from the path it lies at, and asks no other host', async () => {
    const at = await Playground.open(browser, server.url, { settings: { samples: 1, compute: 'wasm' } });
    const asked: string[] = [];
    at.page.context().on('request', (request) => asked.push(request.url()));
    await at.page.evaluate(() => navigator.serviceWorker.ready);
    await at.page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
    await server.close();
    await at.page.reload();
    await at.button('MRI').click();
    await at.run();
    await at.done(1);
    expect(at.errors).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(server.url) && !url.startsWith('blob:'))).toEqual([]);
  });
});
