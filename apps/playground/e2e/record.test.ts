// What the page records is what made the result: the model by its content, the prompt and the settings of the run.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import { weights } from '@medclipseg/mini';
import { expect, it } from 'vitest';
import { STRINGS } from '../src/strings.ts';
import { inBrowser, openBefore } from './browser.ts';
import type { Playground } from './playground.ts';
import { merges, publishedModel } from './published-model.ts';

const phantom = drawPhantom({ modality: 'mri', seed: 5 });
const png = encodePng(phantom.image);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

inBrowser('the record', () => {
  let at: Playground;
  const outdated = (text: string | RegExp) => at.page.locator('.outdated', { hasText: text });

  /** Drops files on the page. */
  const drop = async (files: Readonly<Record<string, Uint8Array>>) => {
    const transfer = await at.page.evaluateHandle(
      (all) => {
        const data = new DataTransfer();
        for (const [name, bytes] of all) data.items.add(new File([Uint8Array.from(bytes)], name));
        return data;
      },
      Object.entries(files).map(([name, bytes]) => [name, [...bytes]] as const),
    );
    await at.page.locator('main').dispatchEvent('drop', { dataTransfer: transfer });
  };

  openBefore({ settings: { device: 'wasm', samples: 2, seed: 7 } }, (opened) => {
    at = opened;
  });

  it('a result of other inputs is marked, and the report and the link keep what made it', async () => {
    await at.choose('Choose a file', 'scan.png', png);
    await at.write('one tumor');
    await at.run();
    await at.done(2);
    expect(await outdated('').count()).toBe(0);
    await at.write('one large tumor');
    await at.page.getByLabel(STRINGS.sampling.seed).fill('8');
    await at.page.getByLabel(STRINGS.sampling.seed).blur();
    await outdated('changed: prompt, seed').waitFor();
    await outdated('made for “one tumor” with 2 samples, seed 7 and the model mini').waitFor();
    const report = JSON.parse(new TextDecoder().decode((await at.saved('Report')).bytes));
    expect(report.results).toMatchObject([
      {
        prompt: 'one tumor',
        sampling: { samples: 2, seed: 7 },
        modelSha256: sha256(await readFile(fileURLToPath(weights))),
      },
    ]);
    await at.button(STRINGS.save.link).click();
    await at.page.getByText(STRINGS.save.linkCopied).waitFor();
    const link = new URLSearchParams(
      new URL(await at.page.evaluate(() => navigator.clipboard.readText())).hash.slice(1),
    );
    expect(Object.fromEntries(link)).toMatchObject({ prompt: 'one tumor', seed: '7' });
    await at.run();
    await expect.poll(() => outdated('').count()).toBe(0);
  });

  it('Enter with a new prompt during a run stops it and starts another', async () => {
    await at.page.getByRole('slider', { name: 'Samples' }).fill('100');
    await at.write('one tumor');
    await at.run();
    await at.status.filter({ hasText: /^Sample \d+ of 100/ }).waitFor();
    await at.write('one small tumor');
    await at.page.getByRole('slider', { name: 'Samples' }).fill('2');
    await at.run();
    await at.done(2);
    const report = JSON.parse(new TextDecoder().decode((await at.saved('Report')).bytes));
    expect(report.results).toMatchObject([{ prompt: 'one small tumor', samples: 2 }]);
  });

  it('the result of a hidden second prompt is not saved', async () => {
    await at.button(STRINGS.prompt.compare).click();
    await at.write('no tumor in the image', STRINGS.prompt.second);
    await at.run();
    await at.page.getByText(STRINGS.view.difference).first().waitFor();
    await at.button(STRINGS.prompt.single).click();
    const report = JSON.parse(new TextDecoder().decode((await at.saved('Report')).bytes));
    expect(report.results).toHaveLength(1);
  });

  it('a sample of two lesions compares a prompt for each of them', async () => {
    await at.button(STRINGS.image.close).click();
    await at.button(new RegExp(STRINGS.start.twoPrompts)).click();
    await at.page.getByText(STRINGS.view.difference).first().waitFor();
    await at.done(2);
    const report = JSON.parse(new TextDecoder().decode((await at.saved('Report')).bytes));
    const [first, second] = report.results;
    expect(first.prompt).toMatch(/^one .*, located in/);
    expect(second.prompt).toMatch(/^one .*, located in/);
    expect(first.prompt).not.toBe(second.prompt);
    await at.button(STRINGS.prompt.single).click();
  });

  it('two files with one name are two models', async () => {
    const first = await publishedModel();
    const mini = await readFile(fileURLToPath(weights));
    await at.button(STRINGS.models.button('mini')).click();
    await at.chooseAll('From a file', { 'merges.txt': merges, 'model.safetensors': first });
    const rows = at.page.locator('.models li', { hasText: 'model.safetensors' });
    await rows
      .filter({ hasText: sha256(first).slice(0, 8) })
      .filter({ hasText: 'In use' })
      .waitFor();
    await at.choose('From a file', 'model.safetensors', mini);
    await rows
      .filter({ hasText: sha256(mini).slice(0, 8) })
      .filter({ hasText: 'In use' })
      .waitFor();
    expect(await rows.count()).toBe(2);
    await at.page.locator('dialog').getByRole('button', { name: 'Close' }).first().click();
    await at.page.locator('header .hash', { hasText: sha256(mini).slice(0, 8) }).waitFor();
  });

  it('of two dropped images the second is refused in a message, and a model dropped with an image is opened too', async () => {
    await drop({ 'one.png': png, 'two.png': png });
    await at.notice.filter({ hasText: 'Only one.png was opened.' }).filter({ hasText: 'two.png' }).waitFor();
    await at.page.getByRole('heading', { name: 'one.png' }).waitFor();
    await drop({ 'three.png': png, 'merges.txt': merges, 'other.safetensors': await publishedModel() });
    await at.page.getByRole('heading', { name: 'three.png' }).waitFor();
    await at.button(STRINGS.models.button('other.safetensors')).waitFor();
    expect(at.errors).toEqual([]);
  });
});
