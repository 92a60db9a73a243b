// Teaching: three phantoms, a brush, a training, and a file that opens in Node.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { drawPhantom } from '@medclipseg/datasets';
import { MedCLIPSeg } from 'medclipseg';
import { loadModel } from 'medclipseg/node';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TEACH } from '../src/teach/strings.ts';
import { BUILT, inBrowser, launch } from './browser.ts';
import { Playground } from './playground.ts';
import { type StaticServer, serveFolder } from './server.ts';

const STEPS = 15;
/** A training, where other programs compute too. */
const PATIENCE = 600_000;

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean probability of a phantom by a model in Node. */
async function meanProbability(path: string): Promise<number> {
  const { image, prompt } = drawPhantom({ modality: 'xray', seed: 2, size: 224 });
  const { network, tokenizer } = await loadModel(path);
  const model = new MedCLIPSeg(network, tokenizer);
  const { probability } = await model.segment(image, prompt, { samples: 0 });
  model.dispose();
  return mean([...probability]);
}

inBrowser('teaching', () => {
  let server: StaticServer;
  let browser: Browser;
  let at: Playground;
  const slider = (name: string) => at.page.getByRole('slider', { name });
  const train = () => at.button(TEACH.training.train);

  /** Paints from one point of the canvas to another, in shares of its width and height. */
  async function paint(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const box = await at.page.locator('.paint canvas').boundingBox();
    if (!box) throw new Error('expected a canvas to paint on');
    const on = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
    await at.page.mouse.move(...on(from));
    await at.page.mouse.down();
    await at.page.mouse.move(...on(to));
    await at.page.mouse.up();
  }

  /** Losses as the chart draws them: what is higher up is larger. */
  async function losses(): Promise<number[]> {
    const chart = at.page.locator('.loss .each');
    const points = (await chart.count()) > 0 ? await chart.getAttribute('points') : undefined;
    return points ? points.split(' ').map((point) => 96 - Number(point.split(',')[1])) : [];
  }

  beforeAll(async () => {
    server = await serveFolder(BUILT);
    browser = await launch();
    at = await Playground.open(browser, server.url, { settings: { compute: 'wasm' } });
    await at.page.getByText(TEACH.title, { exact: true }).click();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  it('strokes are undone and brought back by keys', async () => {
    await at.button(TEACH.intro.phantoms).click();
    await at.button(/^Picture 3/).waitFor();
    const undo = at.button(TEACH.tools.undo);
    expect(await undo.isEnabled()).toBe(false);
    await paint([0.45, 0.2], [0.55, 0.2]);
    await expect.poll(() => undo.isEnabled()).toBe(true);
    await at.page.keyboard.press('z');
    await expect.poll(() => undo.isEnabled()).toBe(false);
    await at.page.keyboard.press('Shift+Z');
    await expect.poll(() => undo.isEnabled()).toBe(true);
    await at.page.keyboard.press('z');
  });

  it('an example without a prompt or a mask is not learned from, and the page says why', async () => {
    await at.button(TEACH.tools.clear).click();
    await at.page.getByText(TEACH.problems['empty-mask']).waitFor();
    expect(await train().isDisabled()).toBe(true);
    await at.page.locator('.paint').press('z');
    const prompt = at.page.getByLabel(TEACH.prompt);
    const words = await prompt.inputValue();
    await prompt.fill('');
    await at.page.getByText(TEACH.problems['no-prompt']).waitFor();
    expect(await train().isDisabled()).toBe(true);
    await prompt.fill(words);
    await expect.poll(() => train().isEnabled()).toBe(true);
  });

  it(
    'three corrected phantoms lower the loss, a pause waits, and the saved file opens in Node',
    async () => {
      for (const n of [1, 2, 3]) {
        await at.button(new RegExp(`^Picture ${n}`)).click();
        await slider(TEACH.tools.size).fill('90');
        await paint([0.5, 0.6], [0.56, 0.66]);
      }
      await slider(TEACH.training.steps).fill(`${STEPS}`);
      await train().click();
      await expect.poll(async () => (await losses()).length, { timeout: PATIENCE }).toBeGreaterThan(1);
      await at.button(TEACH.training.pause).click();
      await at.page.getByText(TEACH.training.states.paused).waitFor();
      const paused = (await losses()).length;
      await at.page.waitForTimeout(15_000);
      // The step that was under way.
      expect((await losses()).length).toBeLessThanOrEqual(paused + 1);
      await at.button(TEACH.training.resume).click();

      await at.button(TEACH.training.save).waitFor({ timeout: PATIENCE });
      await expect.poll(() => at.button(TEACH.training.save).isEnabled(), { timeout: PATIENCE }).toBe(true);
      const all = await losses();
      expect(all).toHaveLength(STEPS);
      expect(mean(all.slice(-3))).toBeLessThan(0.95 * mean(all.slice(0, 3)));

      const { name, bytes } = await at.saved(TEACH.training.save);
      expect(name).toBe('mini-taught.safetensors');
      const folder = await mkdtemp(join(tmpdir(), 'taught-'));
      const path = join(folder, name);
      await writeFile(path, bytes);
      await selectBackend('wasm');
      // It has learned to mark more.
      expect(await meanProbability(path)).toBeGreaterThan(await meanProbability('mini'));
      await rm(folder, { recursive: true });
    },
    3 * PATIENCE,
  );

  it('undo brings the model back', async () => {
    await at.button(TEACH.training.undo).click();
    await train().waitFor();
    expect(await at.page.getByText(TEACH.training.learned).count()).toBe(0);
    expect(at.errors).toEqual([]);
  });
});
