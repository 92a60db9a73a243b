// Models from disk and from the hub: progress, canceling, keeping for the next visit, and removing.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { weights } from '@medclipseg/mini';
import type { Browser } from 'playwright';
import { expect, it } from 'vitest';
import { inBrowser, serveBefore } from './browser.ts';
import { serveHub } from './hub.ts';
import { Playground } from './playground.ts';
import { merges, publishedModel, vocabulary } from './published-model.ts';
import type { StaticServer } from './server.ts';

const SETTINGS = { device: 'wasm', samples: 1 };
const RELEASED = 'TahaKoleilat/MedCLIPSeg';

inBrowser('models', () => {
  let server: StaticServer;
  let browser: Browser;
  let file: Buffer;
  serveBefore(async (served) => {
    ({ server, browser } = served);
    file = await readFile(fileURLToPath(weights));
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
    await at.button('Model: own.safetensors').click();
    await inUse(at, 'own.safetensors').waitFor();
    await use(at, 'mini').click();
    await inUse(at, 'mini').waitFor();
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
    await at.button('Model: model.safetensors').click();
    await inUse(at, 'model.safetensors').waitFor();
    expect(at.errors).toEqual([]);
    await at.close();
  });

  it('from the hub: shows the size before the download, can be canceled, and opens', async () => {
    const at = await Playground.open(browser, server.url, { settings: SETTINGS, serviceWorkers: 'block' });
    const hub = await serveHub(at.page.context(), {
      'owner/name': { 'model.safetensors': file, 'README.md': Uint8Array.of(35) },
    });
    const serve = hub.serve;
    // Never answered.
    hub.serve = () => new Promise(() => {});
    await at.button('Model: mini').click();
    await at.page.getByLabel('Model hub ID').fill('owner/name');
    await at.button('Look up').click();
    await at.page.getByText('The download is 8.7 MB').waitFor();
    expect(hub.downloads).toEqual([]);
    await at.button('Download 8.7 MB').click();
    await at.button('Cancel').click();
    await at.notice.filter({ hasText: 'Canceled. Nothing was kept.' }).waitFor();
    await inUse(at, 'mini').waitFor();
    hub.serve = serve;
    await at.button('Download 8.7 MB').click();
    await inUse(at, 'owner/name/model.safetensors').waitFor();
    expect(at.errors).toEqual([]);
    await at.close();
  });

  it('released, by the name of its dataset: checks the vocabulary first, lists what there is, and works offline', async () => {
    const at = await Playground.open(browser, server.url, { settings: SETTINGS, serviceWorkers: 'block' });
    const pathOf = (dataset: string) => `${dataset}/trained_models/seed666/MedCLIPSeg_unimedclip_ViT-B-16_latest.pth`;
    const tokenizer: Record<string, Uint8Array> = { 'vocab.txt': vocabulary(100) };
    const hub = await serveHub(at.page.context(), {
      [RELEASED]: {
        [pathOf('Kvasir')]: await publishedModel('unimedclip'),
        [pathOf('BUSI_10')]: Uint8Array.of(1),
        'Kvasir.zip': Uint8Array.of(2),
      },
      'microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract': tokenizer,
    });
    const lookUp = async (name: string) => {
      await at.page.getByLabel('Model hub ID').fill(name);
      await at.button('Look up').click();
    };
    await at.button('Model: mini').click();
    await lookUp(`${RELEASED}/Kvasr`);
    await at.notice.filter({ hasText: `one of the models in ${RELEASED}: BUSI_10, Kvasir` }).waitFor();
    await at.notice.filter({ hasText: `Did you mean '${RELEASED}/Kvasir'?` }).waitFor();
    await lookUp(RELEASED);
    await at.page.locator('.found li').nth(1).waitFor();
    expect(await at.page.locator('.found strong').allTextContents()).toEqual([
      `${RELEASED}/BUSI_10`,
      `${RELEASED}/Kvasir`,
    ]);

    await lookUp(`${RELEASED}/Kvasir`);
    await expect.poll(() => at.page.locator('.found li').count()).toBe(1);
    await at.button(/^Download/).click();
    await at.notice.filter({ hasText: 'This model needs its own tokenizer.' }).waitFor();
    expect(hub.downloads).toEqual(['microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract/vocab.txt']);
    tokenizer['vocab.txt'] = vocabulary();
    await at.button(/^Download/).click();
    await inUse(at, `${RELEASED}/Kvasir`).waitFor();
    await at.notice.filter({ hasText: `${RELEASED}/Kvasir is open.` }).waitFor();

    await at.page.context().route('https://huggingface.co/**', (route) => route.abort('internetdisconnected'));
    await at.page.reload();
    await at.button(`Model: ${RELEASED}/Kvasir`).click();
    await inUse(at, `${RELEASED}/Kvasir`).waitFor();
    await at.close();
  });
});
