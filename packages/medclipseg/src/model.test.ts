// The composed model: sampling, training, checkpoints.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wordTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { disposeParameters, flatten, initialise, keyOf, permutation, trainable } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  type ImageBatch,
  MedCLIPSeg,
  type ModelConfig,
  type ModelParameters,
  modelSpec,
  Trainer,
  type TrainingPlan,
} from './index.ts';
import { loadModel, loadTraining, saveCheckpoint } from './node.ts';

const tokenizer = wordTokenizer({ words: ['left', 'polyp', 'right'], contextLength: 6 });
const config: ModelConfig = {
  vision: {
    imageSize: 16,
    patch: 8,
    width: 12,
    layers: 3,
    heads: 2,
    mlpWidth: 24,
    outputs: 6,
    activation: 'quick-gelu',
    epsilon: 1e-5,
    patchBias: true,
    preNorm: true,
    dense: 'tokens',
  },
  text: {
    kind: 'clip',
    vocabulary: tokenizer.size,
    context: 6,
    width: 8,
    layers: 2,
    heads: 2,
    mlpWidth: 16,
    outputs: 6,
  },
  adapters: { width: 8, layers: [1, 2], beta: 2.35, gate: 0 },
  upscaleBlocks: 1,
  preprocessing: { channelOrder: 'bgr', mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
};
const plan: TrainingPlan = {
  epochs: 2,
  seed: 3,
  learningRate: 3e-3,
  minimumLearningRate: 1e-4,
  loss: { dice: 'region' },
};
const fresh = () => trainable(initialise(modelSpec(config), 1) as unknown as ModelParameters);

const image = {
  width: 20,
  height: 12,
  channels: 3 as const,
  data: Uint8Array.from({ length: 720 }, (_, i) => (i * 89) % 256),
};

/** Four images whose bright half is named by the sentence; two batches an epoch. */
function data(broken?: string) {
  const make = (index: number): { pixels: Float32Array; mask: Float32Array; sentence: string; name: string } => {
    const right = index % 2;
    const inside = (i: number) => (i % 16 >= 8 ? 1 : 0) === right;
    const mask = Float32Array.from({ length: 256 }, (_, i) => (inside(i) ? 1 : 0));
    const pixels = Float32Array.from(
      { length: 768 },
      (_, i) => (inside(Math.floor(i / 3)) ? 1 : -1) + 0.1 * Math.sin(i + index),
    );
    if (`${index}` === broken) pixels.fill(Number.NaN);
    return { pixels, mask, sentence: `polyp ${right ? 'right' : 'left'}`, name: `${index}` };
  };
  async function* batches(order: number[], from = 0): AsyncGenerator<ImageBatch> {
    for (let i = 2 * from; i < order.length; i += 2) {
      const items = order.slice(i, i + 2).map(make);
      const join = (key: 'pixels' | 'mask') => Float32Array.from(items.flatMap((item) => [...item[key]]));
      yield {
        image: join('pixels'),
        mask: join('mask'),
        names: items.map((s) => s.name),
        sentences: items.map((s) => s.sentence),
      };
    }
  }
  return {
    stepsPerEpoch: 2,
    train: (epoch: number, from: number) => batches(permutation(keyOf(1, epoch), 4), from),
    validate: () => batches([0, 1]),
  };
}

const weights = async (parameters: ModelParameters) => {
  const values: number[] = [];
  for (const tensor of flatten(parameters as never).values()) values.push(...(await tensor.data()));
  return values;
};

eachBackend('segmenting', (backend) => {
  it('gives the same result whatever the folding, the same bits for the same seed, another for another', async () => {
    const parameters = fresh();
    const model = new MedCLIPSeg({ config, parameters }, tokenizer);
    const run = async (options: object) =>
      (await model.segment(image, 'polyp left', { samples: 6, ...options })).probability;
    const one = await run({ fold: 1 });
    for (const fold of [2, 5, 6]) {
      const folded = await run({ fold });
      for (const [i, p] of one.entries()) expect(folded[i]).toBeCloseTo(p, 5);
    }
    expect(await run({ fold: 3 })).toEqual(await run({ fold: 3 }));
    expect(await run({ seed: 1 })).not.toEqual(await run({ seed: 2 }));
    expect(await run({ samples: 0, seed: 1 })).toEqual(await run({ samples: 0, seed: 2 }));
    model.dispose();
  });

  it('comes at the image’s own size, with entropy between 0 and ln 2', async () => {
    const model = new MedCLIPSeg({ config, parameters: fresh() }, tokenizer);
    const result = await model.segment(image, 'polyp', { samples: 2 });
    expect([result.width, result.height, result.mask.length]).toEqual([20, 12, 240]);
    for (const [i, u] of result.uncertainty.entries()) {
      expect(u).toBeGreaterThanOrEqual(0);
      expect(u).toBeLessThanOrEqual(Math.LN2 + 1e-6);
      expect(result.mask[i]).toBe((result.probability[i] as number) > 0.5 ? 1 : 0);
    }
    model.dispose();
  });

  it(`${backend === 'wasm' ? 'a thousand' : 'ten'} segmentations leave no tensor behind`, async () => {
    const model = new MedCLIPSeg({ config, parameters: fresh() }, tokenizer);
    const before = tf.memory().numTensors;
    for (let i = 0; i < (backend === 'wasm' ? 1000 : 10); i++) await model.segment(image, 'polyp left', { samples: 1 });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('stops when told to', async () => {
    const model = new MedCLIPSeg({ config, parameters: fresh() }, tokenizer);
    const control = new AbortController();
    const run = model.segment(image, 'polyp', {
      samples: 9,
      fold: 1,
      signal: control.signal,
      onSample: (done) => done === 2 && control.abort(),
    });
    await expect(run).rejects.toThrow(/abort/i);
    model.dispose();
  });
});

eachBackend('training', (backend) => {
  it('lowers the loss', async () => {
    const parameters = fresh();
    const trainer = new Trainer({ config, parameters }, tokenizer, { ...plan, epochs: 12 });
    const losses: number[] = [];
    await trainer.run(data(), { onEpoch: ({ trainingLoss }) => void losses.push(trainingLoss) });
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) * 0.8);
    trainer.dispose();
    disposeParameters(parameters as never);
  });

  it('interrupted in mid-epoch and resumed from its checkpoint, ends at the very same weights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'medclipseg-'));
    const path = join(folder, 'latest.safetensors');
    const whole = fresh();
    const uninterrupted = new Trainer({ config, parameters: whole }, tokenizer, plan);
    await uninterrupted.run(data());

    const first = fresh();
    const control = new AbortController();
    const trainer = new Trainer({ config, parameters: first }, tokenizer, plan);
    const run = trainer.run(data(), {
      signal: control.signal,
      onStep: ({ epoch, step }) => epoch === 1 && step === 1 && control.abort(),
    });
    await expect(run).rejects.toThrow(/abort/i);
    expect(trainer.progress).toMatchObject({ epoch: 1, step: 1 });
    await saveCheckpoint(path, { config, parameters: first }, tokenizer.toJson(), trainer);

    const { parameters, progress, optimizer } = await loadTraining(path, config);
    const second = trainable(parameters);
    const resumed = new Trainer({ config, parameters: second }, tokenizer, plan);
    resumed.resume(progress, optimizer);
    await resumed.run(data());
    expect(await weights(second)).toEqual(await weights(whole));
    for (const t of [uninterrupted, trainer, resumed]) t.dispose();
    for (const p of [whole, first, second]) disposeParameters(p as never);
    await rm(folder, { recursive: true });
  });

  it('stops at a loss that is no number, naming step and images, with the weights of the step before', async () => {
    const parameters = fresh();
    const before = await weights(parameters);
    const trainer = new Trainer({ config, parameters }, tokenizer, plan);
    const broken = `${permutation(keyOf(1, 0), 4)[0]}`;
    await expect(trainer.run(data(broken))).rejects.toThrow(new RegExp(`epoch 1, step 1: .* NaN on ${broken},`));
    expect(await weights(parameters)).toEqual(before);
    trainer.dispose();
    disposeParameters(parameters as never);
  });

  it(`${backend === 'wasm' ? 'two hundred' : 'four'} steps leave no tensor behind`, async () => {
    const parameters = fresh();
    const trainer = new Trainer({ config, parameters }, tokenizer, { ...plan, epochs: backend === 'wasm' ? 100 : 2 });
    let afterFirst = 0;
    await trainer.run(data(), {
      onEpoch: ({ epoch }) => {
        if (epoch === 0) afterFirst = tf.memory().numTensors;
      },
    });
    expect(tf.memory().numTensors).toBe(afterFirst);
    trainer.dispose();
    disposeParameters(parameters as never);
  });
});

eachBackend('checkpoints', () => {
  it('open for prediction, and name every tensor that does not fit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'medclipseg-'));
    const path = join(folder, 'latest.safetensors');
    const parameters = fresh();
    const trainer = new Trainer({ config, parameters }, tokenizer, plan);
    await saveCheckpoint(path, { config, parameters }, tokenizer.toJson(), trainer);
    const { network } = await loadModel(folder);
    expect(await weights(network.parameters)).toEqual(await weights(parameters));
    const wider = { ...config, adapters: { ...config.adapters, width: 10 } };
    await expect(loadTraining(path, wider)).rejects.toThrow(
      /adapters.0.imageDown.weight: expected \[12,10\], got \[12,8\]/,
    );
    await expect(loadModel(join(folder, 'none'))).rejects.toThrow(
      /expected a checkpoint or a folder with one, got nothing/,
    );
    trainer.dispose();
    for (const p of [network.parameters, parameters]) disposeParameters(p as never);
    await rm(folder, { recursive: true });
  });
});
