// A GPU that is lost during a training.
import { releaseBackend, selectBackend } from '@medclipseg/backends';
import { itWithGpu } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { examples, newModel, plan } from '../fixtures/tiny-training.ts';
import { examplesInMemory, fit, MemoryCheckpoints } from './index.ts';

const PLAN = { ...plan, batchSize: 2 };

itWithGpu('is reported as lost; the last checkpoint resumes the training on another backend', async () => {
  const checkpoints = new MemoryCheckpoints();
  const data = { train: examplesInMemory(examples()) };
  await selectBackend('webgpu');
  const lost = fit(newModel(), data, PLAN, {
    checkpoints,
    checkpointSteps: 1,
    onStep: ({ step }) => {
      if (step === 2) (tf.backend() as unknown as { device: GPUDevice }).device.destroy();
    },
  });
  await expect(lost).rejects.toMatchObject({ tag: 'backends/gpu-lost' });
  await releaseBackend();

  await selectBackend('wasm');
  const model = newModel();
  let resumedAt: unknown;
  const onStart = ({ progress }: { progress: unknown }) => {
    resumedAt = progress;
  };
  const progress = await fit(model, data, PLAN, { checkpoints, resume: true, onStart });
  expect(resumedAt).toMatchObject({ epoch: 0, step: 1 });
  expect(progress.epoch).toBe(PLAN.epochs);
  model.dispose();
  await releaseBackend();
});
