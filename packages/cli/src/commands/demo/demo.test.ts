// The demonstration as a newcomer runs it: images, scores, and their paths.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage } from '@medclipseg/datasets/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = new URL('../../main.ts', import.meta.url).pathname;
const MODALITIES = ['ultrasound', 'endoscopy', 'dermoscopy', 'mri', 'xray'];

let out = '';
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'demo-'));
});
afterAll(() => rm(out, { recursive: true }));

describe('demo', () => {
  it('segments a phantom of each modality well, and shows them in one image', async () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        '--conditions=@medclipseg/source',
        '--import',
        'tsx',
        main,
        'demo',
        '--out',
        out,
        '--samples',
        '2',
        '--backend',
        'wasm',
      ],
      { encoding: 'utf8' },
    );
    expect(status).toBe(0);
    const scores = MODALITIES.map((modality) =>
      Number(stdout.match(new RegExp(`^${modality} +(\\d\\.\\d\\d) `, 'm'))?.[1]),
    );
    expect(scores.reduce((sum, score) => sum + score, 0) / MODALITIES.length).toBeGreaterThan(0.8);
    expect(stdout).toContain(join(out, 'demo.png'));
    expect(stdout).toContain('not a medical device');
    const files = await readdir(out);
    expect(files).toHaveLength(1 + 3 * MODALITIES.length);
    const { width, height } = await readImage(join(out, 'demo.png'));
    expect([width, height]).toEqual([8 + 4 * (224 + 8), 8 + 5 * (224 + 8)]);
  });
});
