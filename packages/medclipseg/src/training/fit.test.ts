// Training as one call: from examples to checkpoints.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { readImage, readSplit, writePhantoms } from '@medclipseg/datasets/node';
import { variablesOf } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import { bytesSource, openTensors } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { config, image, newParameters, tokenizer } from '../fixtures/tiny-model.ts';
import { examples, newModel, plan, weights } from '../fixtures/tiny-training.ts';
import { MedCLIPSeg } from '../index.ts';
import { openDatasetFolders } from '../node.ts';
import {
  type BatchRequest,
  type Example,
  type Examples,
  examplesInMemory,
  fit,
  type ImageBatch,
  MemoryCheckpoints,
} from './index.ts';

const PLAN = { ...plan, batchSize: 2, augment: ['flips', 'affine', 'color'] } as const;
const data = (count = 3) => ({ train: examplesInMemory(examples(count)), validation: examplesInMemory(examples(2)) });

eachBackend('fit', () => {
  it('lowers the loss, and reports each step and epoch', async () => {
    const model = newModel();
    const [steps, losses, best]: [string[], number[], number[]] = [[], [], []];
    const progress = await fit(
      model,
      data(5),
      { ...PLAN, epochs: 4, learningRate: 2e-2, augment: [] },
      {
        onStep: ({ epoch, step, steps: of }) => void steps.push(`${epoch}: ${step}/${of}`),
        onEpoch: ({ trainingLoss, best: isBest, epoch }) => {
          losses.push(trainingLoss);
          if (isBest) best.push(epoch);
        },
      },
    );
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) * 0.9);
    expect(steps.slice(0, 4)).toEqual(['0: 1/3', '0: 2/3', '0: 3/3', '1: 1/3']);
    expect(progress).toMatchObject({ epoch: 4, step: 0, bestEpoch: best.at(-1) });
    model.dispose();
  });

  it('stopped at any step and resumed, ends with the very same checkpoint', async () => {
    const model = newModel();
    const whole = new MemoryCheckpoints();
    await fit(model, data(), PLAN, { checkpoints: whole });
    model.dispose();
    for (const [epoch, step] of [
      [0, 1],
      [1, 1],
    ] as const) {
      const checkpoints = new MemoryCheckpoints();
      const control = new AbortController();
      const [first, second] = [newModel(), new MedCLIPSeg({ config, parameters: newParameters(9) }, tokenizer)];
      const stopped = fit(first, data(), PLAN, {
        checkpoints,
        signal: control.signal,
        onStep: (report) => {
          if (report.epoch === epoch && report.step === step) control.abort();
        },
      });
      await expect(stopped).rejects.toThrow(/abort/i);
      await expect(fit(first, data(), PLAN, { checkpoints })).rejects.toThrow(/got one that has begun. Set `resume`/);
      // Other parameters to start with: all of them come from the checkpoint.
      await fit(second.unfreeze(/./), data(), PLAN, { checkpoints, resume: true });
      expect(Buffer.compare(checkpoints.newest as Buffer, whole.newest as Buffer)).toBe(0);
      for (const used of [first, second]) used.dispose();
    }
  });

  it('teaches adapters and decoder of an opened model in place; its encoders stay', async () => {
    const model = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
    const before = (await model.segment(image, 'polyp left', { samples: 0 })).probability;
    const { vision, text } = model.network.parameters;
    const encoders = await weights({ vision, text });
    const checkpoints = new MemoryCheckpoints();
    await fit(model, { train: examplesInMemory(examples(1), { repeat: 3 }) }, PLAN, { checkpoints });
    expect([...variablesOf(model.network.parameters).keys()].some((name) => /^(vision|text)/.test(name))).toBe(false);
    expect(await weights({ vision, text })).toEqual(encoders);
    const after = (await model.segment(image, 'polyp left', { samples: 0 })).probability;
    expect(after).not.toEqual(before);
    // Without validation there is no best state; the newest opens as any model.
    expect(checkpoints.best).toBeUndefined();
    const opened = await MedCLIPSeg.fromPretrained(checkpoints.newest as Uint8Array);
    expect((await opened.segment(image, 'polyp left', { samples: 0 })).probability).toEqual(after);
    expect(opened.info?.progress).toMatchObject({ epoch: 2, bestDice: 0 });
    expect(JSON.parse(opened.info?.metadata.plan as string)).toMatchObject(PLAN);
    for (const used of [model, opened]) used.dispose();
  });

  it('does not resume on other frozen parameters', async () => {
    const checkpoints = new MemoryCheckpoints();
    const [one, other] = [1, 2].map(
      (seed) => new MedCLIPSeg({ config, parameters: newParameters(seed) }, tokenizer),
    ) as [MedCLIPSeg, MedCLIPSeg];
    await fit(one, data(), { ...PLAN, epochs: 1 }, { checkpoints });
    const before = tf.memory().numTensors;
    await expect(fit(other.unfreeze(), data(), PLAN, { checkpoints, resume: true })).rejects.toThrow(
      /expected the model's own frozen parameters, got other values of vision/,
    );
    expect(tf.memory().numTensors).toBe(before);
    for (const used of [one, other]) used.dispose();
  });

  it('names every tensor of a checkpoint that does not fit', async () => {
    const checkpoints = new MemoryCheckpoints();
    const model = newModel();
    await fit(model, data(), { ...PLAN, epochs: 1 }, { checkpoints });
    model.dispose();
    const wider = MedCLIPSeg.create({ ...config, adapters: { ...config.adapters, width: 10 } }, tokenizer);
    await expect(fit(wider, data(), PLAN, { checkpoints, resume: true })).rejects.toThrow(
      /adapters.0.imageDown.weight: expected \[12,10\], got \[12,8\]/,
    );
    wider.dispose();
    const { tensors } = await openTensors(bytesSource(checkpoints.newest as Uint8Array));
    expect([...tensors.keys()].filter((name) => name.startsWith('optimizer.')).length).toBeGreaterThan(0);
  });
});

describe('examples', () => {
  beforeAll(() => selectBackend('wasm'));

  const request: BatchRequest = { imageSize: 16, preprocessing: config.preprocessing, batchSize: 3 };
  const all = async (source: Examples, more: Partial<BatchRequest> = {}) => {
    const batches: ImageBatch[] = [];
    for await (const batch of source.batches({ ...request, ...more })) batches.push(batch);
    return batches;
  };

  it('in memory and in a folder are the same batches', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'examples-'));
    await writePhantoms(folder, { modality: 'endoscopy', count: 10, seed: 1, size: 32 });
    const files = await openDatasetFolders([folder], { workers: 0 });
    const { samples } = await readSplit(folder, 'train');
    const inMemory = examplesInMemory(
      await Promise.all(
        samples.map(async ({ name, prompt, imagePath, maskPath }) => ({
          name,
          prompt,
          image: await readImage(imagePath),
          mask: await readImage(maskPath, 'gray'),
        })),
      ),
    );
    expect(inMemory.size).toBe(files.train.size);
    const options: Partial<BatchRequest> = {
      from: 1,
      augment: ['rotation', { name: 'mosaic', share: 0.6 }, 'paste', 'flips', 'color'],
      order: [5, 3, 1, 0, 2, 4, 7, 6],
      key: (index) => ['augment', 3, index],
    };
    expect(await all(inMemory, options)).toEqual(await all(files.train, options));
    expect(await all(inMemory)).toEqual(await all(files.train));
    await files.dispose();
    await rm(folder, { recursive: true });
  });

  it('come in pairs where images are composed: the same pixels, another mask and prompt', async () => {
    const one = (name: string, left: number) => ({
      name,
      prompt: `one small polyp, located in ${left < 8 ? 'left' : 'right'} of the image`,
      image: {
        width: 16,
        height: 16,
        channels: 3 as const,
        data: Uint8Array.from({ length: 768 }, (_, i) => (i * left) % 251),
      },
      mask: {
        width: 16,
        height: 16,
        channels: 1 as const,
        data: Uint8Array.from({ length: 256 }, (_, i) =>
          Math.abs((i % 16) - left) < 2 && i > 100 && i < 160 ? 255 : 0,
        ),
      },
    });
    const source = examplesInMemory([one('a', 3), one('b', 12), one('c', 5), one('d', 10)]);
    const [batch] = await all(source, { batchSize: 4, augment: [{ name: 'mosaic', share: 1 }] });
    const row = (values: Float32Array, i: number) =>
      values.slice((i * values.length) / 4, ((i + 1) * values.length) / 4);
    expect(batch?.names).toEqual(['a', 'a', 'c', 'c']);
    for (const first of [0, 2]) {
      const [image, mask] = [batch?.image as Float32Array, batch?.mask as Float32Array];
      expect(row(image, first)).toEqual(row(image, first + 1));
      expect(row(mask, first)).not.toEqual(row(mask, first + 1));
      expect(batch?.prompts[first]).not.toBe(batch?.prompts[first + 1]);
    }
  });

  it('without foreground can be learned from', async () => {
    const nothing = examples(4).map((example) => ({
      ...example,
      mask: { ...example.mask, data: new Uint8Array(example.mask.data.length) },
    }));
    const model = newModel();
    const losses: number[] = [];
    const data = { train: examplesInMemory(nothing), validation: examplesInMemory(nothing) };
    await fit(model, data, { ...PLAN, epochs: 3 }, { onEpoch: ({ trainingLoss }) => void losses.push(trainingLoss) });
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses[2]).toBeLessThan(losses[0] as number);
    model.dispose();
  });

  it('repeated, fill batches and get noise and augmentation of their own', async () => {
    const [batch] = await all(examplesInMemory(examples(1), { repeat: 3 }), { augment: ['affine'] });
    expect(batch?.names).toEqual(['0', '0#1', '0#2']);
    const row = (i: number) => batch?.image.subarray(i * 768, (i + 1) * 768);
    expect(row(0)).not.toEqual(row(1));
  });

  it('take gray images, and masks of 0 and 1', async () => {
    const [example] = examples(1) as [ReturnType<typeof examples>[0]];
    const gray = Uint8Array.from({ length: 240 }, (_, i) => i);
    const from = (channels: 1 | 3, foreground: number) =>
      all(
        examplesInMemory([
          {
            ...example,
            image: {
              ...example.image,
              channels,
              data: channels === 1 ? gray : Uint8Array.from({ length: 720 }, (_, i) => Math.floor(i / 3)),
            },
            mask: { ...example.mask, data: example.mask.data.map((value) => (value ? foreground : 0)) },
          },
        ]),
      );
    expect(await from(1, 1)).toEqual(await from(3, 255));
  });

  it('that cannot be used are refused by name', () => {
    const [one, two] = examples(2) as [ReturnType<typeof examples>[0], ReturnType<typeof examples>[0]];
    const dim = { ...one, mask: { ...one.mask, data: one.mask.data.map((value) => (value ? 3 : 0)) } };
    for (const [given, message] of [
      [[], /examples: expected at least one, got none/],
      [[one, one], /example '0': expected a name of its own, got two/],
      [[{ ...one, prompt: ' ' }], /example '0': prompt: expected words that describe what to segment, got ' '/],
      [[one, { ...two, mask: two.image }], /example '1': mask: expected 1 channel, got 3/],
      [
        [{ ...one, image: { ...one.image, width: 21 } }],
        /example '0': image.data: expected 756 values for 21x12 pixels of 3 channels, got 720/,
      ],
      [[{ ...one, image: { ...one.image, width: 1.5 } }], /image.width: expected a natural number, 1 or more, got 1.5/],
      [[two, dim], /masks: expected one value of foreground|masks that all use the same values, got/],
    ] as const)
      expect(() => examplesInMemory(given as unknown as Example[])).toThrow(message);
    expect(() => examplesInMemory([one], { repeat: 0 })).toThrow(/repeat: expected a natural number, 1 or more/);
  });
});

describe('a plan', () => {
  it.each([
    [{ epochs: 0 }, /plan.epochs: expected a natural number, 1 or more, got 0/],
    [{ seed: Number.NaN }, /plan.seed: expected a natural number, 0 or more, got NaN/],
    [{ batchSize: 2.5 }, /plan.batchSize/],
    [{ learningRate: -1 }, /plan.learningRate: expected a finite number, 0 or more, got -1/],
    [{ textDropout: 1 }, /plan.textDropout: expected a finite number, 0 or more, below 1, got 1/],
    [{ microBatch: 0 }, /plan.microBatch/],
    [{ schedule: 'linear' as 'step' }, /plan.schedule: expected 'epoch' or 'step', got 'linear'/],
    [{ learnRate: 1 } as object, /plan: expected only .*, got the unknown option learnRate/],
    [{ patience: 2 }, /plan.patience: expected validation data, got none/],
  ])('%o is refused', async (given, message) => {
    const model = new MedCLIPSeg({ config, parameters: {} as never }, tokenizer);
    await expect(fit(model, { train: examplesInMemory(examples(1)) }, given)).rejects.toThrow(message);
  });
});
