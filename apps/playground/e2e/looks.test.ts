// Every view, light and dark, at desktop and phone size: screenshots, and no serious accessibility violation.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { drawPhantom } from '@medclipseg/datasets';
import { weights } from '@medclipseg/mini';
import type axe from 'axe-core';
import { expect, it } from 'vitest';
import { STRINGS } from '../src/strings.ts';
import { TEACH } from '../src/teach/strings.ts';
import { inBrowser, openBefore } from './browser.ts';
import { encodeNiftiFile } from './nifti.ts';
import type { Playground } from './playground.ts';

const OUT = fileURLToPath(new URL('../../../.ci/out/playground/', import.meta.url));
const DEVICES = {
  desktop: { width: 1440, height: 900 },
  tablet: { width: 820, height: 1180 },
  phone: { width: 390, height: 844 },
  /** The smallest phones. */
  smallest: { width: 320, height: 640 },
} as const;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

inBrowser('looks', () => {
  let at: Playground;
  let axeSource: string;
  openBefore({ settings: { samples: 3 }, viewport: DEVICES.desktop }, async (opened) => {
    at = opened;
    await mkdir(OUT, { recursive: true });
    axeSource = await readFile(AXE, 'utf8');
  });

  async function violations(): Promise<string[]> {
    await at.page.evaluate(axeSource);
    const { violations: found } = await at.page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document),
    );
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
  }

  /** Elements that stick out of the page to the right. */
  const overflow = () =>
    at.page.evaluate(() => {
      const { clientWidth, scrollWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return [];
      const all = [...document.querySelectorAll('body *')];
      return all
        .filter((one) => one.getBoundingClientRect().right > clientWidth + 1)
        .map((one) => one.outerHTML.slice(0, 120));
    });

  /** Elements with more content than they show, to the sides. */
  const cutOff = (selector: string) =>
    at.page
      .locator(selector)
      .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className));

  /** Takes screenshots of a view, and checks its accessibility: at desktop size in light colors, at phone size in dark ones. */
  async function capture(name: string): Promise<void> {
    for (const [colorScheme, checked] of [
      ['light', 'desktop'],
      ['dark', 'phone'],
    ] as const) {
      await at.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const [device, size] of Object.entries(DEVICES)) {
        await at.page.setViewportSize(size);
        await at.page.evaluate(() => scrollTo(0, 0));
        const path = `${OUT}${name}-${device}-${colorScheme}.png`;
        await at.page.screenshot({ path, fullPage: size.width < 400 });
        expect(await overflow(), `${name}, ${device}`).toEqual([]);
        expect(await cutOff('dialog, .dialog'), `${name}, ${device}`).toEqual([]);
        if (device === checked || process.env.AXE_ALL)
          expect(await violations(), `${name}, ${colorScheme}`).toEqual([]);
      }
    }
    await at.page.setViewportSize(DEVICES.desktop);
  }

  it('start', async () => {
    await at.page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLCanvasElement>('.samples canvas')].every(({ style }) => style.opacity === '1'),
    );
    await at.page.getByText(STRINGS.start.intro, { exact: true }).waitFor();
    await at.page.getByText(STRINGS.start.example.uncertainty, { exact: true }).waitFor();
    await capture('1-start');
  });

  it('the place grid writes the prompt', async () => {
    await at.button('Dermoscopy').click();
    await at.button('Choose it on the image').click();
    const prompt = at.page.getByLabel('Prompt', { exact: true });
    await prompt.fill('one brown skin lesion');
    await at.button('center').click();
    expect(await prompt.inputValue()).toBe('one brown skin lesion, located in center of the image');
    await at.button('small').click();
    expect(await prompt.inputValue()).toBe('one small brown skin lesion, located in center of the image');
    await at.done(3);
    await capture('2-places');
  });

  it('the views of a result', async () => {
    await at.button('Segment').click();
    await at.done(3);
    await at.button('Use the phantom’s mask').click();
    await at.page.getByRole('row', { name: /^DSC/ }).waitFor();
    for (const [view, title] of Object.entries(STRINGS.view.names)) {
      await at.page.getByText(title, { exact: true }).first().click();
      await at.page.locator(`[data-view=${view}]`).waitFor();
      await capture(`3-${view}`);
    }
  });

  it('legends have numbers and a unit, and the disagreement of samples is visible on its scale', async () => {
    const { names, uncertainties } = STRINGS.view;
    await at.page.getByText(names.uncertainty, { exact: true }).first().click();
    const legend = (text: string | RegExp) => at.page.getByRole('img', { name: text }).waitFor();
    await legend('Uncertainty: 0 nat · certain … 0.693 nat · uncertain');
    await at.page.getByText(uncertainties.mutual, { exact: true }).click();
    await legend(/^Uncertainty: 0 nat · samples agree … 0\.0*[125] nat · samples differ$/);
    const brightest = () =>
      at.page.locator('.layer').evaluate((layer) => {
        const { width, height } = layer as HTMLCanvasElement;
        const { data } = (layer as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height) ?? {};
        return data?.reduce((most, value, i) => (i % 4 === 0 ? Math.max(most, value) : most), 0);
      });
    await expect.poll(brightest).toBeGreaterThan(100);
    await at.page.getByRole('row', { name: /^Expected Dice 0\.\d\d$/ }).waitFor();
    await at.page.getByText(/^Most of the uncertainty is at the .*: check the mask there\.$/).waitFor();
    await at.page.getByText(uncertainties.predictive, { exact: true }).click();
  });

  it('announces a run once, keeps the focus in the page, and names its live regions', async () => {
    await at.page.evaluate(() => {
      const announced = () => document.querySelector('.status [role=status]')?.textContent ?? '';
      const seen = { said: [announced()], lost: false };
      Object.assign(globalThis, { seen });
      new MutationObserver(() => {
        const said = announced();
        if (seen.said.at(-1) !== said) seen.said.push(said);
        // After the page has had the chance to move the focus.
        requestAnimationFrame(() => {
          seen.lost ||= document.activeElement === document.body;
        });
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    const seen = () =>
      at.page.evaluate(() => (globalThis as unknown as { seen: { said: string[]; lost: boolean } }).seen);
    await at.button('Segment').press('Enter');
    await expect.poll(async () => (await seen()).said.length).toBeGreaterThan(2);
    await at.button('Segment').waitFor();
    const { said, lost } = await seen();
    const result = expect.stringMatching(/^3 samples ·/);
    expect(said).toEqual([result, STRINGS.prompt.segmenting, result]);
    expect(lost).toBe(false);
    const names = await at.page
      .locator('[aria-live], [role=log]')
      .evaluateAll((all) => all.map((one) => one.ariaLabel));
    expect(names).toEqual([STRINGS.prompt.messages, STRINGS.messages]);
  });

  it('shows the value under the pointer, and follows the arrow keys', async () => {
    await at.page.getByText('Probability', { exact: true }).first().click();
    const screen = at.page.getByRole('application').first();
    await screen.hover({ position: { x: 40, y: 40 } });
    const corner = Number(await at.page.locator('.probe').textContent());
    expect(corner).toBeGreaterThanOrEqual(0);
    expect(corner).toBeLessThan(0.5);
    await at.page.mouse.move(0, 0);
    await screen.focus();
    await at.page.keyboard.press('ArrowRight');
    expect(await at.page.locator('.probe').textContent()).toMatch(/^\d\.\d\d$/);
  });

  it('a volume, with its slices and window', async () => {
    const { image } = drawPhantom({ modality: 'mri', seed: 8, size: 96 });
    const values = Int16Array.from({ length: 96 * 96 * 5 }, (_, i) => image.data[3 * (i % (96 * 96))] as number);
    const affine = [
      [-2, 0, 0, 90],
      [0, -2, 0, 90],
      [0, 0, 4, 0],
    ] as const;
    await at.choose(
      STRINGS.image.open,
      'volume.nii',
      encodeNiftiFile({ shape: [96, 96, 5], spacing: [2, 2, 4], affine, values }),
    );
    await at.page.getByText('2 of 0 to 4', { exact: true }).waitFor();
    await at.run();
    await at.done(3);
    await at.page.getByText(STRINGS.tools.names.window, { exact: true }).click();
    await capture('3-volume');
    // Saving is in view without scrolling, and covers nothing.
    await at.page.evaluate(() => scrollTo(0, 0));
    const [save, cards] = await Promise.all(
      ['.panel .save', '.panel .cards'].map((part) => at.page.locator(part).boundingBox()),
    );
    expect((save?.y ?? 0) + (save?.height ?? 0)).toBeLessThanOrEqual(DEVICES.desktop.height);
    expect((cards?.y ?? 0) + (cards?.height ?? 0)).toBeLessThanOrEqual(save?.y ?? 0);
    // All views are in one row.
    const tabs = at.page.locator('.panel .segmented').first().locator('label');
    const tops = () => tabs.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    expect(new Set(await tops()).size).toBe(1);
    // On the smallest phones they are in pairs.
    await at.page.setViewportSize(DEVICES.smallest);
    const [first, second, third, fourth] = await tops();
    expect([second, fourth]).toEqual([first, third]);
    // On a phone the header is one row, and the prompt is shown whole.
    await at.page.setViewportSize(DEVICES.phone);
    expect((await at.page.locator('header.top').boundingBox())?.height).toBeLessThan(56);
    await at.write('one medium bright irregular tumor, located in top left of the image');
    const [inner, outer] = await at.page
      .locator('.prompt textarea')
      .evaluate((one) => [one.scrollHeight, one.clientHeight]);
    expect(outer).toBeGreaterThanOrEqual(inner as number);
    expect(outer).toBeGreaterThan(60);
    await at.page.setViewportSize(DEVICES.desktop);
    await at.button(STRINGS.image.close).click();
    await at.button('Dermoscopy').click();
    await at.done(3);
  });

  it('two prompts, the model dialog, teaching', async () => {
    await at.page.getByText('Overlay', { exact: true }).first().click();
    await at.button('Compare with a second prompt').click();
    await at.write('no skin lesion in the image', 'Second prompt');
    await at.run();
    await at.page.locator('.screen').nth(2).waitFor();
    await at.status.filter({ hasText: /^3 samples/ }).waitFor();
    expect(await at.page.getByRole('columnheader').allTextContents()).toEqual(['First', 'Second']);
    await capture('4-two-prompts');
    await at.button('Model: mini').click();
    const long = 'a-model-with-a-long-name-trained-on-images-of-several-hospitals.safetensors';
    await at.choose(STRINGS.models.file, long, await readFile(fileURLToPath(weights)));
    await at.page.locator('.models li[aria-current=true]', { hasText: long }).waitFor();
    await capture('5-models');
    await at.page.keyboard.press('Escape');
    await at.page.getByText('Teach', { exact: true }).click();
    await capture('6-teach');
    await at.button(TEACH.intro.phantoms).click();
    await at.button(/^Image 3/).waitFor();
    await capture('7-teach-images');
    // The canvas is in view on a tablet.
    await at.page.setViewportSize(DEVICES.tablet);
    const canvas = await at.page.locator('.paint').boundingBox();
    expect((canvas?.y ?? 0) + (canvas?.height ?? 0)).toBeLessThanOrEqual(DEVICES.tablet.height);
    await at.page.setViewportSize(DEVICES.desktop);
    expect(at.errors).toEqual([]);
  });
});
