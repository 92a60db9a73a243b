// Released checkpoints on the model hub, with the cache on disk; and what the published program leaves on disk.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { openTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { publishedCheckpoint, vocabulary } from '@medclipseg/testing/released';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { releasedSuite } from '../fixtures/released-suite.ts';
import { image } from '../fixtures/tiny-model.ts';
import { MedCLIPSeg } from '../index.ts';
import { chooseWeights } from './weight-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'released-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

releasedSuite('released checkpoints in Node', async (hub) => {
  vi.stubEnv('HF_ENDPOINT', hub.url);
  return { cacheDir: await mkdtemp(join(folder, 'cache-')) };
});

describe('a folder of the published program', () => {
  it('opens with the checkpoint that its evaluation reads, whatever wraps the keys', async () => {
    await selectBackend('wasm');
    const tokenizer = await openTokenizer(vocabulary() as Uint8Array<ArrayBuffer>);
    const seed = join(folder, 'trained_models', 'seed1');
    await mkdir(seed, { recursive: true });
    await writeFile(join(seed, 'log.txt'), '');
    const run = async (source: string) => {
      const model = await MedCLIPSeg.fromPretrained(source, { tokenizer });
      const { probability } = await model.segment(image, 'one polyp', { samples: 0 });
      model.dispose();
      return probability;
    };
    const results: Float32Array[] = [];
    for (const prefix of ['model.', 'module._orig_mod.', '_orig_mod.model.module.']) {
      await writeFile(join(seed, 'run_latest.pth'), await publishedCheckpoint(1, prefix));
      await writeFile(join(seed, 'run_best_dice.pth'), await publishedCheckpoint(2, prefix));
      results.push(await run(seed), await run(join(seed, 'run_latest.pth')), await run(folder));
    }
    for (const result of results) expect(result).toEqual(results[0]);
    expect(await run(join(seed, 'run_best_dice.pth'))).not.toEqual(results[0]);
  });

  it.each([
    [['a.pth'], 'a.pth'],
    [['a.pth', 'b.pth'], undefined],
    [['a_latest.pth', 'b.pth', 'a_best_dice.pth'], 'a_latest.pth'],
    [['a_latest.pth', 'b_latest.pth'], undefined],
    [['a_latest.pth', 'latest.safetensors'], 'latest.safetensors'],
    [['trained_models/seed1/a_latest.pth', 'trained_models/seed2/a_latest.pth'], undefined],
    [['other/a.pth'], undefined],
    [[], undefined],
  ])('%j: %s', (paths, chosen) => {
    expect(chooseWeights(paths)).toBe(chosen);
  });
});
