// The images of docs/playground, of the built page. Run after mini or the page has changed:
// npx vite build && node --conditions=@medclipseg/source --import tsx scripts/docs-images.ts
import { fileURLToPath } from 'node:url';
import { drawPhantom } from '@medclipseg/datasets';
import { chromium } from 'playwright';
import { encodeNiftiFile } from '../e2e/nifti.ts';
import { Playground } from '../e2e/playground.ts';
import { serveFolder } from '../e2e/server.ts';
import { STRINGS } from '../src/strings.ts';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SAMPLES = 30;

const server = await serveFolder(folder('../dist/'));
const executablePath = process.env.MEDCLIPSEG_CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

/** Takes an image of the page after some actions. */
async function takeImage(name: string, act: (at: Playground) => Promise<void>): Promise<void> {
  const at = await Playground.open(browser, server.url, {
    settings: { samples: SAMPLES, device: 'wasm' },
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
  });
  await act(at);
  await at.done(SAMPLES);
  // The pointer shows values on the image.
  await at.page.mouse.move(0, 0);
  await at.page.waitForTimeout(500);
  await at.page.screenshot({ path: `${folder('../../../docs/playground/')}${name}.png` });
  await at.close();
}

await takeImage('overlay', (at) => at.button(STRINGS.start.modalities.endoscopy).click());

await takeImage('two-prompts', async (at) => {
  await at.button(STRINGS.start.twoPrompts).click();
  await at.page.locator('.screen').nth(2).waitFor();
});

await takeImage('uncertainty', async (at) => {
  await at.button(STRINGS.start.modalities.dermoscopy).click();
  await at.page.getByText(STRINGS.view.names.uncertainty, { exact: true }).first().click();
});

await takeImage('volume', async (at) => {
  const [side, count] = [192, 5];
  const { image } = drawPhantom({ modality: 'mri', seed: 8, size: side });
  const values = Int16Array.from({ length: side * side * count }, (_, i) => image.data[3 * (i % side ** 2)] as number);
  const affine = [
    [-1, 0, 0, 90],
    [0, -1, 0, 90],
    [0, 0, 4, 0],
  ] as const;
  const volume = encodeNiftiFile({ shape: [side, side, count], spacing: [1, 1, 4], affine, values });
  await at.choose(STRINGS.start.choose, 'volume.nii', volume);
  await at.write('one tumor');
  await at.run();
  await at.page.getByText(STRINGS.tools.names.window, { exact: true }).click();
});

await browser.close();
await server.close();
