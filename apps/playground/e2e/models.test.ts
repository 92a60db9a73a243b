// Models from disk and from the hub: progress, canceling, keeping for the next visit, and removing.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { weights } from '@medclipseg/mini';
import type { Browser, Route } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUILT, inBrowser, launch } from './browser.ts';
import { Playground } from './playground.ts';
import { merges, publishedModel } from './published-model.ts';
import { type StaticServer, serveFolder } from './server.ts';

const SETTINGS = { device: 'wasm', samples: 1 };
const COMMIT = 'c0ffee'.padEnd(40, '0');

inBrowser('models', () => {
  let server: StaticServer;
  let browser: Browser;
  let file: Buffer;
  beforeAll(async () => {
    file = await readFile(fileURLToPath(weights));
    server = await serveFolder(BUILT);
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const inUse = (at: Playground, title: string) => at.page.locator('.models li[aria-current=true]', { hasText: title });

  /** While the built-in model opens, it has a Use button as well. */
  const use = (at: Playground, title: string) =>
    at.page.locator('.models li', { hasText: title }).getByRole('button', { name: 'Use', exact: true });

  it('from disk: in use, kept after a reload, and gone when removed', async () => {
    const at = await Playground.open(browser, server.url, { settings: SETTINGS });
    await at.button('Model: mini').click();
    await at.choose('From a file', 'own.safetensors', file);
    await inUse(at, 'own.safetensors').waitFor();
    await at.notice.filter({ hasText: 'own.safetensors is open.' }).waitFor();
    await at.page.reload();
    await at.button('Model: mini').click();
    await use(at, 'own.safetensors').click();
    await inUse(at, 'own.safetensors').waitFor();
    await at.button('Remove own.safetensors').click();
    await inUse(at, 'mini').waitFor();
    expect(await at.page.locator('.models li').count()).toBe(1);
    await at.page.reload();
    await at.button('Model: mini').click();
    expect(await at.page.locator('.models li').count()).toBe(1);
    expect(at.errors).toEqual([]);
    await at.close();
  });

  it('published: opens with its tokenizer, and without one the page says what is missing', async () => {
    const at = await Playground.open(browser, server.url, { settings: SETTINGS });
    const model = await publishedModel();
    await at.button('Model: mini').click();
    await at.choose('From a file', 'model.safetensors', model);
    await at.notice.filter({ hasText: 'This model needs its own tokenizer.' }).waitFor();
    await inUse(at, 'mini').waitFor();
    await at.choose('From a file', 'merges.txt', merges);
    await at.notice.filter({ hasText: 'None of these files is a model' }).waitFor();
    await at.chooseAll('From a file', { 'merges.txt': merges, 'model.safetensors': model });
    await inUse(at, 'model.safetensors').waitFor();
    await at.page.getByText('515').waitFor();
    await at.notice.filter({ hasText: 'model.safetensors is open.' }).waitFor();
    await at.page.reload();
    await at.button('Model: mini').click();
    await use(at, 'model.safetensors').click();
    await inUse(at, 'model.safetensors').waitFor();
    expect(at.errors).toEqual([]);
    await at.close();
  });

  it('from the hub: shows the size before the download, can be canceled, and opens', async () => {
    const at = await Playground.open(browser, server.url, { settings: SETTINGS, serviceWorkers: 'block' });
    const headers = { 'access-control-allow-origin': '*' };
    const lfs = { sha256: createHash('sha256').update(file).digest('hex'), size: file.length };
    const siblings = [
      { rfilename: 'model.safetensors', lfs },
      { rfilename: 'README.md', size: 9, blobId: COMMIT },
    ];
    let fetched = 0;
    let serve: (route: Route) => Promise<void> | undefined = () => undefined;
    await at.page.context().route('https://huggingface.co/**', async (route) => {
      if (route.request().url().includes('/api/')) return route.fulfill({ headers, json: { sha: COMMIT, siblings } });
      fetched += 1;
      return serve(route);
    });
    await at.button('Model: mini').click();
    await at.page.getByLabel('Model hub ID').fill('owner/name');
    await at.button('Look up').click();
    await at.page.getByText('The download is 8.6 MB').waitFor();
    expect(fetched).toBe(0);
    await at.button('Download 8.6 MB').click();
    await at.button('Cancel').click();
    await at.notice.filter({ hasText: 'Canceled. Nothing was kept.' }).waitFor();
    await inUse(at, 'mini').waitFor();
    serve = (route) => route.fulfill({ headers, body: file });
    await at.button('Download 8.6 MB').click();
    await inUse(at, 'owner/name/model.safetensors').waitFor();
    expect(at.errors).toEqual([]);
    await at.close();
  });
});
