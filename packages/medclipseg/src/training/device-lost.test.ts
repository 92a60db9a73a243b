// A graphics device that is lost in the middle of a training.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseBackend, selectBackend } from '@medclipseg/backends';
import { trainable } from '@medclipseg/nn';
import { findSoftwareGpu } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { config, tokenizer } from '../fixtures/tiny-model.ts';
import { data, fresh, plan } from '../fixtures/tiny-training.ts';
import { Trainer } from '../index.ts';
import { loadTraining, saveCheckpoint } from '../node.ts';

it.skipIf(!findSoftwareGpu() && !process.env.CI)(
  'is said to be lost; the checkpoint of the step before opens, and the training goes on elsewhere',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'medclipseg-'));
    const path = join(folder, 'latest.safetensors');
    await selectBackend('webgpu');
    const parameters = fresh();
    const trainer = new Trainer({ config, parameters }, tokenizer, plan);
    const lost = trainer.run(data(), {
      onStep: async ({ step }) => {
        await saveCheckpoint(path, { config, parameters }, tokenizer.toJson(), trainer);
        if (step === 1) (tf.backend() as unknown as { device: GPUDevice }).device.destroy();
      },
    });
    await expect(lost).rejects.toMatchObject({ tag: 'backends/gpu-lost' });
    expect(trainer.progress).toMatchObject({ epoch: 0, step: 1 });
    await releaseBackend();

    await selectBackend('wasm');
    const saved = await loadTraining(path, config);
    expect(saved.progress).toMatchObject({ epoch: 0, step: 1 });
    const resumed = new Trainer({ config, parameters: trainable(saved.parameters) }, tokenizer, plan);
    resumed.resume(saved.progress, saved.optimizer);
    await resumed.run(data());
    expect(resumed.finished).toBe(true);
    resumed.dispose();
    await releaseBackend();
    await rm(folder, { recursive: true });
  },
);
