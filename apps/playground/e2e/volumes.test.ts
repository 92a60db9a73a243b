// Volumes: slices, orientation, windows, the true mask, all slices as on the command line, and corrections with the brush.
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import { decodeImage } from '@medclipseg/datasets/node';
import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { STRINGS } from '../src/strings.ts';
import { inBrowser, openBefore } from './browser.ts';
import { predicted } from './command-line.ts';
import { encodeDicom } from './dicom.ts';
import { encodeNiftiFile } from './nifti.ts';
import type { Playground } from './playground.ts';

/** Slices are thick, and lie between the second and the third axis of the file. */
const SHAPE = [6, 64, 48] as const;
const { image, mask } = drawPhantom({ modality: 'mri', seed: 8, size: 64 });
const PROMPT = 'one large bright tumor';

/** Voxel axes grow to the left, posterior and superior, in an order that only the matrix gives: the slices are axial. */
const AFFINE = [
  [0, -2, 0, 60],
  [0, 0, -3, 70],
  [5, 0, 0, -10],
] as const;

/** A slice is a phantom that fades in; its number is in its first pixel. */
const voxelsOf = (pixels: Uint8Array, channels: number, share: (slice: number) => number) =>
  Int16Array.from({ length: SHAPE[0] * SHAPE[1] * SHAPE[2] }, (_, i) => {
    const [slice, x, y] = [i % SHAPE[0], Math.floor(i / SHAPE[0]) % SHAPE[1], Math.floor(i / SHAPE[0] / SHAPE[1])];
    return Math.round(share(slice) * (pixels[(y * 64 + x) * channels] as number));
  });
const common = { shape: SHAPE, spacing: [5, 2, 3], affine: AFFINE } as const;
const scan = encodeNiftiFile({ ...common, values: voxelsOf(image.data, 3, (slice) => (slice + 3) / 8) });
/** The mask is empty in the first slices. */
const truth = encodeNiftiFile({ ...common, values: voxelsOf(mask.data, 1, (slice) => (slice > 1 ? 1 / 255 : 0)) });

const textOf = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

inBrowser('volumes', () => {
  let at: Playground;
  const slider = () => at.page.getByRole('slider', { name: 'Axial slice' });
  const place = (index: number) => at.page.getByText(`${index} of 0 to 5`, { exact: true }).waitFor();
  const screen = () => at.page.getByRole('application').first();

  /** Drags on the image; places are fractions of it. */
  async function drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    await screen().hover();
    const box = await screen().boundingBox();
    if (!box) throw new Error('expected an image');
    const on = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
    await at.page.mouse.move(...on(from));
    await at.page.mouse.down();
    await at.page.mouse.move(...on(to), { steps: 3 });
    await at.page.mouse.up();
  }

  openBefore({ settings: { device: 'wasm', samples: 2, seed: 7 } }, (opened) => {
    at = opened;
  });

  it('open at the middle slice, in radiological display, and go through slices with slider and keys', async () => {
    await at.choose('Choose a file', 'scan.nii', scan);
    await place(3);
    await at.page.getByText('64 × 48 px · 2 × 3 mm per pixel').waitFor();
    expect(await at.page.locator('.edge').allTextContents()).toEqual(['R', 'L', 'A', 'P']);
    const box = await screen().boundingBox();
    expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo((64 * 2) / (48 * 3), 1);
    const pixels = () =>
      at.page
        .locator('.enlarged canvas')
        .first()
        .evaluate((c) => (c as HTMLCanvasElement).toDataURL());
    const before = await pixels();
    await screen().press('PageDown');
    await place(4);
    await expect.poll(pixels).not.toBe(before);
    await slider().fill('0');
    await place(0);
    await screen().press('End');
    await place(5);
  });

  it('the true mask is that of the slice on view', async () => {
    await at.write(PROMPT);
    await at.run();
    await at.done(2);
    await at.choose('Choose a mask', 'truth.nii', truth);
    const dsc = at.page.getByRole('row', { name: /^DSC/ }).getByRole('cell');
    await expect.poll(async () => Number(await dsc.textContent())).toBeGreaterThan(0.3);
    await at.button(STRINGS.truth.remove).click();
    const wide = [AFFINE[0], [0, 0, -2, 70], AFFINE[2]] as const;
    const other = encodeNiftiFile({ ...common, affine: wide, values: voxelsOf(mask.data, 1, () => 1) });
    await at.choose('Choose a mask', 'other.nii', other);
    await at.notice.filter({ hasText: 'other.nii cannot be opened: expected a mask with the spacing' }).waitFor();
  });

  it('results stay with their slices, and files and the report name the slice', async () => {
    const report = textOf((await at.saved('Report')).bytes);
    expect(report).toMatchObject({
      slice: { index: 5, count: 6, volume: { axis: 'i', plane: 'axial', orientation: 'SLP' } },
      results: [{ prompt: PROMPT, slice: 5 }],
    });
    expect((await at.saved('Mask')).name).toBe('scan-slice-5-mask.png');
    await screen().press('Home');
    await place(0);
    await expect.poll(() => at.status.textContent()).toContain('Press Segment');
    await screen().press('End');
    await at.done(2);
  });

  it('all slices are segmented, with progress and a stop, to the same mask as on the command line', async () => {
    const stopped = at.clickWhen(/^[1-5] of 6 slices$/, STRINGS.cancel);
    await at.button(STRINGS.slices.all).click();
    await stopped;
    await at.page.getByText(/^[1-5] of 6 slices have a result$/).waitFor();
    await at.button(STRINGS.slices.all).click();
    await at.page.getByText('6 of 6 slices have a result').waitFor();
    // The page asks before it discards them.
    const asked = at.page.waitForEvent('dialog').then(async (dialog) => {
      await dialog.dismiss();
      return dialog.message();
    });
    await at.button(STRINGS.image.close).click();
    expect(await asked).toBe(STRINGS.slices.discardQuestion);
    await place(5);
    const archive = unzipSync((await at.saved('Everything')).bytes);
    const nifti = archive['scan-mask.nii'];
    const expected = await predicted('scan.nii', scan, PROMPT, ['--samples', '2', '--seed', '7'], 'scan-mask.nii');
    expect(nifti?.slice(352).some((value) => value > 0)).toBe(true);
    expect(Buffer.compare(nifti ?? Buffer.of(), expected)).toBe(0);
    expect(textOf(archive['scan-mask-report.json'] as Uint8Array).volumeMask).toMatchObject({
      slices: [0, 1, 2, 3, 4, 5],
      made: [{ slices: '0:6', prompt: PROMPT, sampling: { samples: 2, seed: 7 } }],
    });
  });

  it('a window set by dragging or a preset marks results as out of date, and is in the report', async () => {
    await at.page.getByText(STRINGS.tools.names.window, { exact: true }).click();
    await drag([0.3, 0.3], [0.5, 0.4]);
    await at.page.locator('.outdated', { hasText: 'changed: window' }).waitFor();
    await at.page.getByLabel('Center', { exact: true }).fill('60');
    await at.page.getByLabel('Width', { exact: true }).fill('100');
    await at.page.getByLabel('Width', { exact: true }).blur();
    await expect
      .poll(async () => textOf((await at.saved('Report')).bytes).window)
      .toMatchObject({ source: 'option', low: 10, high: 110 });
    await at.page.getByRole('combobox', { name: 'Window' }).selectOption('file');
    await expect.poll(() => at.page.locator('.outdated').count()).toBe(0);
  });

  it('the brush corrects a mask, with undo, and file and report say so', async () => {
    await at.page.getByText(STRINGS.tools.names.paint, { exact: true }).click();
    const area = async () => {
      const cells = await at.page.locator('.measures').first().getByRole('cell').allTextContents();
      return Number(cells[0]?.replace(/[^\d]/g, ''));
    };
    const before = await area();
    await drag([0.1, 0.5], [0.3, 0.5]);
    await expect.poll(area).toBeGreaterThan(before);
    const saved = await at.saved('Mask');
    expect(saved.name).toBe('scan-slice-5-mask-edited.png');
    const { data } = await decodeImage(saved.bytes, { as: 'gray' });
    expect(data.filter((value) => value > 0).length).toBe(await area());
    const report = textOf((await at.saved('Report')).bytes);
    expect(report.results[0].edited.added).toBe((await area()) - before);
    await at.button(STRINGS.edit.undo).click();
    await expect.poll(area).toBe(before);
    await at.page.getByText(STRINGS.tools.names.move, { exact: true }).click();
  });

  it('wheel, keys and dragging zoom and move every view', async () => {
    const transform = () => at.page.locator('.enlarged').first().getAttribute('style');
    const whole = await transform();
    await screen().hover();
    await at.page.mouse.wheel(0, -300);
    await expect.poll(transform).toMatch(/scale\(1\.[5-9]/);
    await screen().press('+');
    await expect.poll(transform).toMatch(/scale\(2/);
    const zoomed = await transform();
    await drag([0.5, 0.5], [0.6, 0.6]);
    await expect.poll(transform).not.toBe(zoomed);
    await screen().press('0');
    await expect.poll(transform).toBe(whole);
    expect(at.errors).toEqual([]);
  });

  it('12-bit images are shown by their 12 bits, and a CT asks for a window', async () => {
    const dark = encodePng({
      width: 64,
      height: 64,
      channels: 1,
      data: Uint16Array.from({ length: 4096 }, (_, i) => i),
    });
    await at.choose('Open…', 'dark.png', dark);
    await at.page.getByText('12-bit values in a 16-bit file').waitFor();
    const ct = encodeNiftiFile({
      ...common,
      values: voxelsOf(image.data, 3, () => 10).map((v, i) => (i % 2 ? v - 1000 : -1000)),
    });
    await at.choose('Open…', 'ct.nii', ct);
    await at.page.getByText('does not say which values to show').waitFor();
    await at.button(/^Lungs/).click();
    await place(3);
  });

  it('several DICOM files of a series are one volume', async () => {
    const side = 32;
    const files = Object.fromEntries(
      [0, 1, 2, 3].map((z) => [
        `IM${z}.dcm`,
        encodeDicom({
          rows: side,
          columns: side,
          frames: 1,
          spacing: [2, 2],
          pixels: Uint16Array.from({ length: side * side }, (_, i) => 100 * z + (i % side)),
          place: { series: '1.2.3', position: [0, 0, 3 * z], orientation: [1, 0, 0, 0, 1, 0] },
        }),
      ]),
    );
    await at.chooseAll('Open…', files);
    await at.page.getByText('2 of 0 to 3', { exact: true }).waitFor();
    expect(at.errors).toEqual([]);
  });
});
