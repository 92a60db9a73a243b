// Trains mini on three phantoms, on wasm.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { drawPhantom } from '@medclipseg/datasets';
import { disposeParameters, flatten } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { encodeCheckpoint, MedCLIPSeg, type Network } from 'medclipseg';
import { loadModel, TRAINABLE_PARAMETERS } from 'medclipseg/internal';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { TrainingExample } from './teach-protocol.ts';
import { TeachSession } from './teach-session.ts';

/** Width and height of images and masks. */
const SIZE = 224;

/** Phantoms whose masks contain an additional disc that the model does not segment by itself. */
const phantoms: TrainingExample[] = [2, 4, 6].map((seed) => {
  const { image, mask, prompt } = drawPhantom({ modality: 'xray', seed, size: SIZE });
  const data = mask.data.map((value, i) =>
    Math.hypot((i % SIZE) - 130, Math.floor(i / SIZE) - 140) < 40 ? 255 : value,
  );
  return { id: `${seed}`, name: `phantom ${seed}`, image, mask: { ...mask, data }, prompt };
});

let model: MedCLIPSeg;
let session: TeachSession;
let tensors = 0;

const valuesOf = async (part: (name: string) => boolean, { parameters }: Network = model.network) => {
  const values = new Map<string, readonly number[]>();
  for (const [name, tensor] of flatten(parameters)) if (part(name)) values.set(name, [...(await tensor.data())]);
  return values;
};
const trained = (name: string) => TRAINABLE_PARAMETERS.test(name);
const frozen = (name: string) => !trained(name);

/** Mean cross-entropy over the phantoms without noise, in nats per pixel. */
async function lossOf(of: MedCLIPSeg): Promise<number> {
  let sum = 0;
  for (const { image, mask, prompt } of phantoms) {
    const { probability } = await of.segment(image, prompt, { samples: 0 });
    const wrong = probability.map((p, i) => -Math.log(Math.max(1e-7, mask.data[i] ? p : 1 - p)));
    sum += wrong.reduce((a, b) => a + b) / wrong.length / phantoms.length;
  }
  return sum;
}

beforeAll(async () => {
  await selectBackend('wasm');
  const { network, tokenizer } = await loadModel('mini');
  model = new MedCLIPSeg(network, tokenizer);
  session = await TeachSession.open(model);
});
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors, 'leaked tensors').toBe(tensors);
});
afterAll(() => model.dispose());

it('training on three phantoms lowers the loss, keeps the encoders, and the saved file opens in Node as the same model', async () => {
  const [before, encoders] = [await lossOf(model), await valuesOf(frozen)];
  const steps: number[] = [];
  const end = await session.run(phantoms, ({ step, loss }) => void steps.push(step, loss), { steps: 8 });
  expect(end).toEqual({ kind: 'done' });
  expect(steps.filter((_, i) => i % 2 === 0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await lossOf(model)).toBeLessThan(before * 0.8);
  expect(await valuesOf(frozen)).toEqual(encoders);
  expect(session.taught).toEqual({ images: ['2', '4', '6'], undos: 1, changed: true });

  const folder = await mkdtemp(join(tmpdir(), 'teach-'));
  const path = join(folder, 'taught.safetensors');
  await writeFile(path, await encodeCheckpoint(model.network, model.tokenizer.toJson()));
  const opened = await loadModel(path);
  const [{ image, prompt }] = phantoms as [TrainingExample];
  const options = { samples: 1, seed: 3 };
  const reopened = new MedCLIPSeg(opened.network, opened.tokenizer);
  const [here, there] = [await model.segment(image, prompt, options), await reopened.segment(image, prompt, options)];
  expect(there.probability).toEqual(here.probability);
  reopened.dispose();
  await rm(folder, { recursive: true });
});

it('undo restores the model before each training, and reset the model as it was opened', async () => {
  const first = await valuesOf(trained);
  await session.run(phantoms, () => {}, { steps: 1 });
  const second = await valuesOf(trained);
  await session.run([{ ...(phantoms[0] as TrainingExample), id: 'other' }], () => {}, { steps: 1 });
  expect(session.taught.images).toEqual(['2', '4', '6', 'other']);
  expect(await valuesOf(trained)).not.toEqual(second);
  expect(session.undo()).toEqual({ images: ['2', '4', '6'], undos: 2, changed: true });
  expect(await valuesOf(trained)).toEqual(second);
  session.undo();
  expect(await valuesOf(trained)).toEqual(first);
  expect(session.undo()).toEqual({ images: [], undos: 0, changed: false });

  const opened = await loadModel('mini');
  const fresh = await valuesOf(trained, opened.network);
  expect(await valuesOf(trained)).toEqual(fresh);
  await session.run(phantoms, () => {}, { steps: 1 });
  await session.run(phantoms, () => {}, { steps: 1 });
  expect(session.reset()).toEqual({ images: [], undos: 0, changed: false });
  expect(await valuesOf(trained)).toEqual(fresh);
  disposeParameters(opened.network.parameters);
});

it('waits while paused, resumes, and stops after the current step with its result', async () => {
  const before = await valuesOf(trained);
  let steps = 0;
  let paused = () => {};
  const reached = new Promise<void>((resolve) => {
    paused = resolve;
  });
  const running = session.run(
    phantoms,
    ({ step }) => {
      steps = step;
      if (step === 1) {
        session.pause();
        paused();
      }
      if (step === 2) session.stop();
    },
    { steps: 9 },
  );
  await reached;
  const tried = await model.segment((phantoms[0] as TrainingExample).image, 'one large lung opacity', { samples: 1 });
  expect([tried.samples, steps]).toEqual([1, 1]);
  session.resume();
  expect(await running).toEqual({ kind: 'stopped' });
  expect(steps).toBe(2);
  expect(await valuesOf(trained)).not.toEqual(before);
  session.undo();
  expect(await valuesOf(trained)).toEqual(before);
});

it('a paused training can be stopped', async () => {
  const running = session.run(phantoms, () => session.pause(), { steps: 9 });
  await new Promise((resolve) => setTimeout(resolve, 10));
  await session.end();
  expect(await running).toEqual({ kind: 'stopped' });
  session.undo();
});

it('a loss that is not finite ends the training, reports the step and the examples, and restores the model', async () => {
  const before = await valuesOf(trained);
  const end = await session.run(phantoms, () => {}, { steps: 4, learningRate: 1e30 });
  expect(end).toMatchObject({ kind: 'diverged', names: expect.arrayContaining([phantoms[0]?.name]) });
  expect(await valuesOf(trained)).toEqual(before);
  expect(session.taught.changed).toBe(false);
});

it('an invalid example ends the training with its own error and restores the model', async () => {
  const [first] = phantoms as [TrainingExample];
  const before = await valuesOf(trained);
  const long = { ...first, prompt: 'polyp '.repeat(200) };
  await expect(session.run([long], () => {}, { steps: 2 })).rejects.toThrow(/expected/);
  expect(await valuesOf(trained)).toEqual(before);
});
