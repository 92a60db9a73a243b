// Teaching in the built page: three phantoms, a brush, a training, and a file that opens in Node.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawPhantom } from '@medclipseg/datasets';
import { selectBackend } from '@medclipseg/nn/backends';
import { MedCLIPSeg } from 'medclipseg';
import { loadModel } from 'medclipseg/node';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { STRINGS } from '../src/strings.ts';
import { TEACH } from '../src/teach/strings.ts';
import { type StaticServer, serveFolder } from './server.ts';

let server: StaticServer;
let browser: Browser;
let page: Page;

const click = (name: string) => page.getByRole('button', { name, exact: true }).click();
const losses = async () => {
  const chart = page.locator('.loss .each');
  const points = (await chart.count()) > 0 ? await chart.getAttribute('points') : undefined;
  // Higher up is a larger loss.
  return points ? points.split(' ').map((point) => 96 - Number(point.split(',')[1])) : [];
};
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Paints from one point of the canvas to another, in shares of its width and height. */
async function paint(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  const { x, y, width, height } = await page.locator('.paint canvas').evaluate((canvas) => {
    const { x, y, width, height } = canvas.getBoundingClientRect();
    return { x, y, width, height };
  });
  await page.mouse.move(x + from[0] * width, y + from[1] * height);
  await page.mouse.down();
  await page.mouse.move(x + to[0] * width, y + to[1] * height);
  await page.mouse.up();
}

beforeAll(async () => {
  server = await serveFolder(join(import.meta.dirname, '../dist'));
  browser = await chromium.launch({
    executablePath: process.env.MEDCLIPSEG_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(240_000);
  await page.goto(server.url);
  await page.getByText(STRINGS.tabs.teach, { exact: true }).click();
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

it('strokes are undone and brought back by keys, and an example without a sentence or a mask is not learnt from', async () => {
  await click(TEACH.intro.phantoms);
  await page.getByRole('button', { name: /^Picture 3/ }).waitFor();
  const undo = page.getByRole('button', { name: TEACH.tools.undo });
  await paint([0.45, 0.2], [0.55, 0.2]);
  await expect.poll(() => undo.isEnabled()).toBe(true);
  await page.keyboard.press('z');
  await expect.poll(() => undo.isEnabled()).toBe(false);
  await page.keyboard.press('Shift+Z');
  await expect.poll(() => undo.isEnabled()).toBe(true);
  await page.keyboard.press('z');

  const train = page.getByRole('button', { name: TEACH.training.train, exact: true });
  await click(TEACH.tools.clear);
  await page.getByText(TEACH.problems['empty-mask']).waitFor();
  expect(await train.isDisabled()).toBe(true);
  await page.locator('.paint').press('z');
  const sentence = page.getByLabel(TEACH.sentence);
  const words = await sentence.inputValue();
  await sentence.fill('');
  await page.getByText(TEACH.problems['no-sentence']).waitFor();
  expect(await train.isDisabled()).toBe(true);
  await sentence.fill(words);
  await expect.poll(() => train.isEnabled()).toBe(true);
});

it('three corrected phantoms lower the loss, a pause waits, and the saved file opens in Node', async () => {
  for (const n of [1, 2, 3]) {
    await page.getByRole('button', { name: new RegExp(`^Picture ${n}`) }).click();
    await page.getByRole('slider', { name: TEACH.tools.size }).fill('90');
    await paint([0.5, 0.6], [0.56, 0.66]);
  }
  await page.getByRole('slider', { name: TEACH.training.steps }).fill('10');
  await click(TEACH.training.train);
  await expect.poll(async () => (await losses()).length, { timeout: 240_000 }).toBeGreaterThan(1);
  await click(TEACH.training.pause);
  await page.getByText(TEACH.training.states.paused).waitFor();
  // The step under way still comes.
  await page.waitForTimeout(8000);
  const before = (await losses()).length;
  await page.waitForTimeout(4000);
  expect((await losses()).length).toBe(before);
  await click(TEACH.training.resume);

  const save = page.getByRole('button', { name: TEACH.training.save });
  await save.waitFor();
  await expect.poll(() => save.isEnabled(), { timeout: 240_000 }).toBe(true);
  const all = await losses();
  expect(all).toHaveLength(10);
  expect(mean(all.slice(-3))).toBeLessThan(0.9 * mean(all.slice(0, 3)));

  const folder = await mkdtemp(join(tmpdir(), 'taught-'));
  const path = join(folder, 'taught.safetensors');
  const downloading = page.waitForEvent('download');
  await save.click();
  const file = await downloading;
  expect(file.suggestedFilename()).toBe('mini-taught.safetensors');
  await file.saveAs(path);
  await selectBackend('wasm');
  const { image, sentence } = drawPhantom({ modality: 'xray', seed: 2, size: 224 });
  const [area, shipped] = await Promise.all(
    [path, 'mini'].map(async (from) => {
      const { network, tokenizer } = await loadModel(from);
      const model = new MedCLIPSeg(network, tokenizer);
      const { probability } = await model.segment(image, sentence, { samples: 0 });
      model.dispose();
      return mean([...probability]);
    }),
  );
  // It has learnt to mark more.
  expect(area).toBeGreaterThan(shipped as number);
  await rm(folder, { recursive: true });
});

it('undo brings the model back', async () => {
  await click(TEACH.training.undo);
  await page.getByRole('button', { name: TEACH.training.train, exact: true }).waitFor();
  expect(await page.getByText(TEACH.training.learnt).count()).toBe(0);
});
