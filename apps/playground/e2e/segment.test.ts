// Segmenting on both backends: choose an image, write a prompt, see the mask; stop; compare two prompts.
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import { decodeImage } from '@medclipseg/datasets/node';
import { expect, it } from 'vitest';
import { inBrowser, openBefore } from './browser.ts';
import { predictedMask } from './command-line.ts';
import type { Playground } from './playground.ts';

/** Few, because software WebGPU takes seconds per sample. */
const SAMPLES = { wasm: 2, webgpu: 1 } as const;
const phantom = drawPhantom({ modality: 'mri', seed: 5 });
const png = encodePng(phantom.image);
const truth = encodePng(phantom.mask);

const grayOf = async (bytes: Uint8Array) => (await decodeImage(bytes, { as: 'gray' })).data;

for (const backend of ['wasm', 'webgpu'] as const)
  inBrowser(`segmenting with ${backend}`, () => {
    let at: Playground;
    openBefore({ settings: { device: backend, samples: SAMPLES[backend] }, webgpu: backend === 'webgpu' }, (opened) => {
      at = opened;
    });

    it('an image and a prompt give the same mask as the command line', async () => {
      await at.choose('Choose a file', 'scan.png', png);
      expect(await at.page.locator(`[data-backend=${backend}]`).textContent()).toContain('as chosen');
      await at.write(phantom.prompt);
      await at.run();
      await at.done(SAMPLES[backend]);
      const mask = await at.saved('Mask');
      expect(mask.name).toBe('scan-mask.png');
      const pixels = await grayOf(mask.bytes);
      const expected = await grayOf(await predictedMask(png, phantom.prompt, SAMPLES[backend]));
      const differing = pixels.filter((value, i) => value !== expected[i]).length;
      expect(expected.filter((value) => value > 0).length).toBeGreaterThan(100);
      expect(differing / pixels.length).toBeLessThanOrEqual(0.001);
    });

    it('the ground truth gives scores, and the errors are shown', async () => {
      await at.choose('Choose a mask', 'truth.png', truth);
      const dsc = at.page.getByRole('row', { name: /^DSC/ }).getByRole('cell');
      expect(Number(await dsc.textContent())).toBeGreaterThan(0.5);
      await at.button('Show the errors').click();
      await at.page.getByText('Missed').waitFor();
    });

    it('a second prompt is shown next to the first, with their difference', async () => {
      await at.button('Compare with a second prompt').click();
      await at.write('no tumor in the image', 'Second prompt');
      await at.run();
      await at.page.getByText('Difference').first().waitFor();
      expect(await at.page.locator('.screen').count()).toBe(3);
      expect(at.errors).toEqual([]);
    });

    it('stops on request and keeps the result so far', async () => {
      await at.button('Use only one prompt').click();
      await at.page.getByRole('slider', { name: 'Samples' }).fill('100');
      await at.run();
      await at.status.filter({ hasText: /^Sample \d+ of 100/ }).waitFor();
      await at.button('Stop').click();
      await at.status.filter({ hasText: /^Stopped after \d+ of 100 samples/ }).waitFor();
      expect(await at.button('Segment').isEnabled()).toBe(true);
    });
  });
