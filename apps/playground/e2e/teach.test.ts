// Teaching: painting masks, training on three phantoms, and saving a model that opens in Node.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import { MedCLIPSeg } from 'medclipseg';
import { loadModel } from 'medclipseg/internal';
import { expect, it } from 'vitest';
import { STRINGS } from '../src/strings.ts';
import { TEACH } from '../src/teach/strings.ts';
import { inBrowser, openBefore } from './browser.ts';
import type { Playground } from './playground.ts';

const STEPS = 15;
/** For a training on a busy machine. */
const TIMEOUT = 600_000;

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean probability of a model for a phantom, in Node. */
async function meanProbability(path: string): Promise<number> {
  const { image, prompt } = drawPhantom({ modality: 'xray', seed: 2, size: 224 });
  const { network, tokenizer } = await loadModel(path);
  const model = new MedCLIPSeg(network, tokenizer);
  const { probability } = await model.segment(image, prompt, { samples: 0 });
  model.dispose();
  return mean([...probability]);
}

inBrowser('teaching', () => {
  let at: Playground;
  const slider = (name: string) => at.page.getByRole('slider', { name });
  const train = () => at.button(TEACH.training.train);

  /** Paints a line on the canvas; coordinates are fractions of its width and height. */
  async function paint(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const box = await at.page.locator('.paint canvas').boundingBox();
    if (!box) throw new Error('expected a canvas to paint on');
    const on = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
    await at.page.mouse.move(...on(from));
    await at.page.mouse.down();
    await at.page.mouse.move(...on(to));
    await at.page.mouse.up();
  }

  /** Losses as drawn in the chart, in its units. */
  async function losses(): Promise<number[]> {
    const chart = at.page.locator('.loss .each');
    const points = (await chart.count()) > 0 ? await chart.getAttribute('points') : undefined;
    return points ? points.split(' ').map((point) => 96 - Number(point.split(',')[1])) : [];
  }

  openBefore({ settings: { device: 'wasm', samples: 1 } }, async (opened) => {
    at = opened;
    await at.page.getByText(TEACH.title, { exact: true }).click();
  });

  it('keys undo and redo strokes', async () => {
    await at.button(TEACH.intro.phantoms).click();
    await at.button(/^Image 3/).waitFor();
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

  it('an example without a prompt or a mask prevents training, and the page says why', async () => {
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
    'training on three corrected phantoms lowers the loss, can be paused, and the saved file opens in Node',
    async () => {
      for (const n of [1, 2, 3]) {
        await at.button(new RegExp(`^Image ${n}`)).click();
        await slider(TEACH.tools.size).fill('90');
        await paint([0.5, 0.6], [0.56, 0.66]);
      }
      await slider(TEACH.training.steps).fill(`${STEPS}`);
      const pausing = at.clickWhen(new RegExp(`^${TEACH.training.step(2, STEPS)}`), TEACH.training.pause);
      await train().click();
      await pausing;
      await at.page.getByText(TEACH.training.states.paused).waitFor();
      const paused = (await losses()).length;
      // Nothing is to happen, so that there is nothing to wait for.
      await at.page.waitForTimeout(5000);
      // The step that was in progress.
      expect((await losses()).length).toBeLessThanOrEqual(paused + 1);
      await at.button(TEACH.training.resume).click();

      await at.button(TEACH.training.save).waitFor({ timeout: TIMEOUT });
      await expect.poll(() => at.button(TEACH.training.save).isEnabled(), { timeout: TIMEOUT }).toBe(true);
      const all = await losses();
      expect(all).toHaveLength(STEPS);
      expect(mean(all.slice(-3))).toBeLessThan(0.95 * mean(all.slice(0, 3)));

      const { name, bytes } = await at.saved(TEACH.training.save);
      expect(name).toBe('mini-taught-on-3.safetensors');
      await at.button(STRINGS.models.button(TEACH.modelTitle('mini', 3))).waitFor();
      const folder = await mkdtemp(join(tmpdir(), 'taught-'));
      const path = join(folder, name);
      await writeFile(path, bytes);
      await selectBackend('wasm');
      // The corrected masks are larger.
      expect(await meanProbability(path)).toBeGreaterThan(await meanProbability('mini'));
      await rm(folder, { recursive: true });
    },
    3 * TIMEOUT,
  );

  it('undo restores the model', async () => {
    await at.button(TEACH.training.undo).click();
    await train().waitFor();
    await at.button(STRINGS.models.button('mini')).waitFor();
    expect(at.errors).toEqual([]);
  });

  it('changing the device during a training ends it, and the next training works', async () => {
    const tab = (name: string) => at.page.locator('header').getByText(name, { exact: true }).click();
    await tab(STRINGS.tabs.segment);
    await at.button(STRINGS.start.modalities.mri).click();
    await at.done(1);
    const device = at.page.getByLabel(STRINGS.device.title);
    await tab(STRINGS.tabs.teach);
    await expect.poll(() => train().isEnabled(), { timeout: TIMEOUT }).toBe(true);
    await train().click();
    await expect.poll(async () => (await losses()).length, { timeout: TIMEOUT }).toBeGreaterThan(0);
    await tab(STRINGS.tabs.segment);
    await device.selectOption('auto');
    await at.notice.filter({ hasText: TEACH.engineReplaced }).waitFor();
    await tab(STRINGS.tabs.teach);
    await slider(TEACH.training.steps).fill('10');
    await train().click();
    await at.button(TEACH.training.save).waitFor({ timeout: TIMEOUT });
    await expect.poll(() => train().or(at.button(TEACH.training.again)).isEnabled(), { timeout: TIMEOUT }).toBe(true);
    expect(at.errors).toEqual([]);
  });

  it('a mask is imported from a file, and one of another shape is refused', async () => {
    const { mask } = drawPhantom({ modality: 'xray', seed: 9, size: 200 });
    await at.choose(TEACH.tools.importMask, 'mask.png', encodePng(mask));
    await expect.poll(() => at.button(TEACH.tools.undo).isEnabled()).toBe(true);
    await at.page.locator('.paint').press('z');
    const wide = { width: 20, height: 10, channels: 1, data: new Uint8Array(200).fill(255) } as const;
    await at.choose(TEACH.tools.importMask, 'wide.png', encodePng(wide));
    await at.notice.filter({ hasText: 'wide.png cannot be opened' }).waitFor();
  });

  it('a taught model and painted masks survive a reload, and the model a change of the device', async () => {
    const title = TEACH.modelTitle('mini', 3);
    await at.button(STRINGS.models.button(title)).waitFor();
    const hash = await at.page.locator('header .hash').textContent();
    const pixels = () =>
      at.page.locator('.paint canvas').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    await at.button(/^Image 3/).click();
    await paint([0.2, 0.2], [0.3, 0.25]);
    await at.page.mouse.move(0, 0);
    await at.stored();
    const before = await pixels();
    await at.page.reload();
    await at.button(STRINGS.models.button(title)).waitFor();
    expect(await at.page.locator('header .hash').textContent()).toBe(hash);
    await at.page.getByText(TEACH.title, { exact: true }).click();
    await at.button(/^Image 3/).click();
    await expect.poll(pixels).toBe(before);
    await at.page.locator('header').getByText(STRINGS.tabs.segment, { exact: true }).click();
    await at.button(STRINGS.start.modalities.mri).click();
    await at.done(1);
    await at.page.getByLabel(STRINGS.device.title).selectOption('wasm');
    await at.page.locator('[data-backend=wasm]').waitFor();
    await at.run();
    await at.done(1);
    const report = JSON.parse(new TextDecoder().decode((await at.saved('Report')).bytes));
    expect(report.results).toMatchObject([{ model: title, taughtFrom: { title: 'mini' } }]);
    expect(report.results[0].modelSha256.slice(0, 8)).toBe(hash);
    await at.page.getByText(TEACH.title, { exact: true }).click();
    await at.button(TEACH.training.reset('mini')).click();
    await at.button(STRINGS.models.button('mini')).waitFor();
  });

  it('the removal of an image can be undone', async () => {
    await at
      .button(/^Remove /)
      .first()
      .click();
    await expect.poll(() => at.button(/^Image \d/).count()).toBe(2);
    await at.button(TEACH.undoRemoval).click();
    await expect.poll(() => at.button(/^Image \d/).count()).toBe(3);
  });

  it('removing every image raises no error', async () => {
    for (const left of [2, 1, 0]) {
      await at.page.locator('.paint').hover({ position: { x: 60, y: 60 } });
      await at
        .button(/^Remove /)
        .last()
        .click();
      await expect.poll(() => at.button(/^Image \d/).count()).toBe(left);
    }
    await at.button(TEACH.intro.phantoms).waitFor();
    expect(at.errors).toEqual([]);
  });
});
