// The headers of docs/hosting.md: threads, and a policy that the page and its workers keep to.
import { readFile } from 'node:fs/promises';
import { drawPhantom } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import { decodeImage } from '@medclipseg/datasets/node';
import { describe, expect, it } from 'vitest';
import { HEADERS } from '../build/content-security-policy.ts';
import { BUILT, inBrowser, launch } from './browser.ts';
import { predictedMask } from './command-line.ts';
import { Playground } from './playground.ts';
import { serveFolder } from './server.ts';

const GUIDE = new URL('../../../docs/hosting.md', import.meta.url);

describe('the hosting guide', () => {
  it('has the headers of the build for every host', async () => {
    const guide = await readFile(GUIDE, 'utf8');
    const policy = HEADERS['Content-Security-Policy'];
    expect(guide.split(policy)).toHaveLength(4);
    for (const name of Object.keys(HEADERS)) expect(guide.split(name).length, name).toBeGreaterThan(3);
    const file = await readFile(`${BUILT}_headers`, 'utf8');
    for (const [name, value] of Object.entries(HEADERS)) expect(file).toContain(`  ${name}: ${value}\n`);
  });
});

inBrowser('a host that sends them', () => {
  it('has a page that computes with threads, to the same mask as on the command line', async () => {
    const server = await serveFolder(BUILT, { headers: HEADERS });
    const browser = await launch();
    const at = await Playground.open(browser, server.url, {
      settings: { device: 'wasm', samples: 2 },
      serviceWorkers: 'block',
    });
    // Half of the cores compute, and machines for tests often have two.
    await at.page.route(/engine\.worker/, async (route) => {
      const response = await route.fetch();
      const cores = "Object.defineProperty(navigator, 'hardwareConcurrency', { value: 8 });";
      await route.fulfill({ response, body: `${cores}${await response.text()}` });
    });
    await at.page.reload();
    const { image, prompt } = drawPhantom({ modality: 'mri', seed: 5 });
    const png = encodePng(image);
    await at.choose('Choose a file', 'scan.png', png);
    await at.write(prompt);
    await at.run();
    await at.done(2);
    expect(await at.page.locator('[data-backend=wasm]').textContent()).toContain('(4 threads)');
    const { bytes } = await at.saved('Mask');
    const expected = await predictedMask(png, prompt, 2);
    const [ours, theirs] = await Promise.all([bytes, expected].map((file) => decodeImage(file, { as: 'gray' })));
    expect(Buffer.compare(ours?.data ?? Buffer.of(), theirs?.data ?? Buffer.of(1))).toBe(0);
    expect(at.errors).toEqual([]);
    await browser.close();
    await server.close();
  });
});
