// The training loop.
import { disposeParameters, keyOf } from '@medclipseg/nn';
import { permutation } from '@medclipseg/nn/internal';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { config, tokenizer } from '../fixtures/tiny-model.ts';
import { data, fresh, plan, weights } from '../fixtures/tiny-training.ts';
import { Trainer } from '../internal.ts';
import type { EpochReport, TrainingPlan } from '../training/index.ts';

eachBackend('training', (backend) => {
  it('lowers the loss', async () => {
    const parameters = fresh();
    const trainer = new Trainer({ config, parameters }, tokenizer, { ...plan, epochs: 4, learningRate: 2e-2 });
    const losses: number[] = [];
    await trainer.run(data(), { onEpoch: ({ trainingLoss }) => void losses.push(trainingLoss) });
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) * 0.8);
    trainer.dispose();
    disposeParameters(parameters);
  });

  it('in parts and recomputed, ends at the weights of the whole batch', async () => {
    const run = async (more: Partial<TrainingPlan>) => {
      const parameters = fresh();
      const trainer = new Trainer({ config, parameters }, tokenizer, {
        ...plan,
        epochs: backend === 'webgpu' ? 1 : 2,
        ...more,
      });
      const reports: EpochReport[] = [];
      await trainer.run(data(), { onEpoch: (report) => void reports.push(report) });
      const values = await weights(parameters);
      trainer.dispose();
      disposeParameters(parameters);
      return { values, reports };
    };
    const whole = await run({});
    const parts = await run({ microBatch: 1, recompute: true });
    // Where a gradient is rounding noise, Adam makes steps of the learning rate's size of it.
    const far = whole.values.filter((value, i) => Math.abs(value - (parts.values[i] as number)) > 1e-4);
    expect(far.length).toBeLessThan(whole.values.length / 50);
    for (const [i, { trainingLoss, validationLoss, validationDice }] of whole.reports.entries()) {
      expect(parts.reports[i]?.trainingLoss).toBeCloseTo(trainingLoss, 4);
      expect(parts.reports[i]?.validationLoss).toBeCloseTo(validationLoss as number, 4);
      expect(parts.reports[i]?.validationDice).toBeCloseTo(validationDice as number, 2);
    }
  });

  it('ends when Dice has not risen for as many epochs as the plan has patience for', async () => {
    const parameters = fresh();
    // Nothing to learn from: the first validation stays the best.
    const nothing = { ...data(), stepsPerEpoch: 0, train: async function* () {} };
    const trainer = new Trainer({ config, parameters }, tokenizer, { ...plan, epochs: 9, patience: 2 });
    const epochs: number[] = [];
    await trainer.run(nothing, { onEpoch: ({ epoch }) => void epochs.push(epoch) });
    expect(epochs).toEqual(trainer.progress.bestEpoch === undefined ? [0, 1] : [0, 1, 2]);
    expect(trainer.finished).toBe(true);
    await trainer.run(nothing, { onEpoch: () => expect.unreachable() });
    trainer.dispose();
    disposeParameters(parameters);
  });

  it('an error of the data or of a callback leaves the state of the step before', async () => {
    const parameters = fresh();
    const trainer = new Trainer({ config, parameters }, tokenizer, plan);
    const { train, ...rest } = data();
    async function* unreadable(epoch: number, from: number) {
      for await (const batch of train(epoch, from)) {
        if (trainer.progress.step === 1) throw new Error('2.png: expected a PNG');
        yield batch;
      }
    }
    await expect(trainer.run({ ...rest, train: unreadable })).rejects.toThrow('2.png');
    expect(trainer.progress).toMatchObject({ epoch: 0, step: 1 });
    trainer.dispose();
    disposeParameters(parameters);
  });

  it('stops at a loss that is no number, naming step and images, with the weights of the step before', async () => {
    const parameters = fresh();
    const before = await weights(parameters);
    const trainer = new Trainer({ config, parameters }, tokenizer, plan);
    const broken = `${permutation(keyOf(1, 0), 4)[0]}`;
    await expect(trainer.run(data(broken))).rejects.toThrow(new RegExp(`epoch 1, step 1: .* NaN on ${broken},`));
    expect(await weights(parameters)).toEqual(before);
    trainer.dispose();
    disposeParameters(parameters);
  });

  it(`${backend === 'wasm' ? 'forty' : 'four'} steps leak no tensor`, async () => {
    const parameters = fresh();
    const trainer = new Trainer({ config, parameters }, tokenizer, { ...plan, epochs: backend === 'wasm' ? 20 : 2 });
    let afterFirst = 0;
    await trainer.run(data(), {
      onEpoch: ({ epoch }) => {
        if (epoch === 0) afterFirst = tf.memory().numTensors;
      },
    });
    expect(tf.memory().numTensors).toBe(afterFirst);
    trainer.dispose();
    disposeParameters(parameters);
  });
});
