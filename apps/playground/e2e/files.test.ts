// Files in and out: a multi-frame DICOM file with pixel spacing; maps and report in the command line's formats; a link.
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { readSettings } from '../src/state/link.ts';
import { inBrowser, openBefore } from './browser.ts';
import { encodeDicom } from './dicom.ts';
import type { Playground } from './playground.ts';

/** Two frames: black, then a phantom. Pixels are 0.5 mm wide and 0.25 mm high. */
const SIDE = 96;
const { image } = drawPhantom({ modality: 'mri', seed: 5, size: SIDE });
const gray = Array.from({ length: SIDE * SIDE }, (_, i) => image.data[3 * i] as number);
const scan = encodeDicom({
  rows: SIDE,
  columns: SIDE,
  frames: 2,
  spacing: [0.25, 0.5],
  pixels: Uint16Array.from([...gray.map(() => 0), ...gray]),
});

inBrowser('files', () => {
  let at: Playground;
  openBefore({ settings: { device: 'wasm', samples: 2, seed: 7 } }, (opened) => {
    at = opened;
  });

  it('one of several frames is chosen, and the area is shown in square millimeters', async () => {
    await at.choose('Choose a file', 'patient-name.dcm', scan);
    await at.page.getByRole('slider', { name: 'Page' }).fill('1');
    await at.page.getByText('1 of 0 to 1').waitFor();
    await at.page.getByText(`${SIDE} × ${SIDE} px · 0.5 × 0.25 mm per pixel`).waitFor();
    await at.write('one large bright tumor');
    await at.run();
    await at.done(2);
    const [pixels, millimeters] = await at.page.locator('.measures').first().getByRole('cell').allTextContents();
    const count = Number(pixels?.replace(/[^\d]/g, ''));
    expect(count).toBeGreaterThan(10);
    expect(Number(millimeters?.replace(/[^\d.]/g, ''))).toBeCloseTo(count / 8, -1);
  });

  it('reads masks of 0 and 1, asks for a label of label maps, and refuses values that are neither', async () => {
    const maskOf = (value: (i: number) => number) =>
      encodePng({ width: SIDE, height: SIDE, channels: 1, data: Uint8Array.from(gray, (_, i) => value(i)) });
    const half = (i: number) => (i % SIDE < SIDE / 2 ? 1 : 0);
    const dsc = at.page.getByRole('row', { name: /^DSC/ }).getByRole('cell');
    await at.choose('Choose a mask', 'binary.png', maskOf(half));
    const binary = await dsc.textContent();
    await at.button('Remove the ground truth').click();

    await at.choose(
      'Choose a mask',
      'labels.png',
      maskOf((i) => half(i) || 2 * half(i + SIDE / 2)),
    );
    await at.page.getByText('labels.png is a map of 2 labels.').waitFor();
    await at.button('Label 1').click();
    await expect.poll(() => dsc.textContent()).toBe(binary);
    await at.button('Remove the ground truth').click();

    await at.choose(
      'Choose a mask',
      'noise.png',
      maskOf((i) => (i * i) % 119),
    );
    await at.notice
      .filter({ hasText: 'noise.png cannot be opened: expected masks of background and foreground' })
      .waitFor();
  });

  it('saves everything: 16-bit maps and a report', async () => {
    const { name, bytes } = await at.saved('Everything');
    expect(name).toBe('patient-name.zip');
    const files = unzipSync(bytes);
    expect(new Set(Object.keys(files))).toEqual(
      new Set(
        ['mask', 'overlay', 'probability', 'report', 'uncertainty', 'uncertainty-color'].map(
          (what) => `patient-name-page-1-${what}.${what === 'report' ? 'json' : 'png'}`,
        ),
      ),
    );
    // The bit depth in the header of a PNG file.
    const depthOf = (what: string) => files[`patient-name-page-1-${what}.png`]?.[24];
    expect(['mask', 'probability', 'uncertainty'].map(depthOf)).toEqual([8, 16, 16]);
    const report = JSON.parse(new TextDecoder().decode(files['patient-name-page-1-report.json']));
    expect(report).toMatchObject({ size: [SIDE, SIDE], spacing: { x: 0.5, y: 0.25 } });
    expect(report.results[0]).toMatchObject({
      prompt: 'one large bright tumor',
      model: 'mini',
      modelSha256: expect.stringMatching(/^[\da-f]{64}$/),
      backend: 'wasm',
      samples: 2,
      sampling: { seed: 7 },
    });
  });

  it('while files are written, saving is disabled, shows its progress and can be canceled', async () => {
    const downloads: unknown[] = [];
    at.page.on('download', (download) => downloads.push(download));
    // In the page, because these files are written in a moment.
    const found = await at.page.evaluate(async () => {
      const buttons = () => [...document.querySelectorAll<HTMLButtonElement>('.save button')];
      const named = (name: string) => buttons().find(({ textContent }) => textContent === name);
      const shown = new Promise((resolve) => {
        const observer = new MutationObserver(() => document.querySelector('.save progress') && resolve(observer));
        observer.observe(document.body, { childList: true, subtree: true });
      });
      named('Everything')?.click();
      await shown;
      const disabled = buttons().filter((one) => one.disabled).length;
      named('Cancel')?.click();
      return { disabled, all: buttons().length };
    });
    // Cancel, Copy link and Copy diagnostics stay enabled.
    expect(found.disabled).toBe(found.all - 3);
    await expect.poll(() => at.button('Everything').isEnabled()).toBe(true);
    expect(downloads).toEqual([]);
  });

  it('links and diagnostics contain settings but nothing about the image', async () => {
    await at.button('Copy link').click();
    await at.page.getByText('Link copied.').waitFor();
    const link = new URL(await at.page.evaluate(() => navigator.clipboard.readText()));
    expect(readSettings(link.hash)).toMatchObject({ prompt: 'one large bright tumor', samples: 2, seed: 7 });
    expect(link.href).not.toContain('patient');
    await at.button('Close').last().click();
    expect(JSON.stringify(await at.diagnostics())).not.toContain('patient');
    expect(at.errors).toEqual([]);
  });
});
