// On the device `onnx`, segmentations are those of TensorFlow.js, whatever the options; nothing is left when the model is disposed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { keyOf, randomNormal } from '@medclipseg/nn';
import { isOnnxError } from '@medclipseg/onnx';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { image, config as tiny, tokenizer } from '../../fixtures/tiny-model.ts';
import { encodeCheckpoint, MedCLIPSeg, type ModelConfig, type SegmentOptions } from '../../index.ts';
import { initializeModel } from '../../network.ts';
import { monteCarlo } from '../../sampling/monte-carlo.ts';
import { tfjsEngine } from '../tfjs.ts';
import type { OnnxEngine } from './onnx-engine.ts';
import { StoredWeights } from './stored-weights.ts';

const distance = (a: Float32Array, b: Float32Array) =>
  a.reduce((largest, v, i) => Math.max(largest, Math.abs(v - (b[i] as number))), 0);
const folders = () =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('medclipseg-') && name.includes(`-${process.pid}-`));

/** A model in TensorFlow.js, and the same on ONNX Runtime. */
async function bothModels(config: ModelConfig = tiny) {
  await selectBackend('wasm');
  const wasm = new MedCLIPSeg({ config, parameters: initializeModel(config, 3) }, tokenizer);
  const bytes = await encodeCheckpoint(wasm.network, tokenizer.toJson());
  return { wasm, onnx: await MedCLIPSeg.fromPretrained(bytes, { device: 'onnx' }) };
}

let models: Awaited<ReturnType<typeof bothModels>>;
beforeAll(async () => {
  models = await bothModels();
});
afterAll(async () => {
  await Promise.all([models.wasm.dispose(), models.onnx.dispose()]);
});

describe('the device onnx', () => {
  it.each<[string, SegmentOptions]>([
    ['plain samples', { samples: 5 }],
    ['the mean network', { samples: 0 }],
    ['opposite noise', { samples: 5, antithetic: true, fold: 3 }],
    ['a stop rule', { samples: 40, stopWhen: { standardError: 0.02 } }],
    ['symmetries', { samples: 9, dihedral: true }],
    ['symmetries of the mean network', { samples: 0, dihedral: true }],
    ['trimmed padding', { samples: 3, trimPadding: true }],
    ['another seed and name', { samples: 2, seed: 7, name: 'b', interpolation: 'nearest' }],
  ])('has the results of wasm: %s', async (_, options) => {
    const [a, b] = [
      await models.wasm.segment(image, 'polyp left', options),
      await models.onnx.segment(image, 'polyp left', options),
    ];
    expect(b.samples).toBe(a.samples);
    expect(distance(b.probability, a.probability)).toBeLessThan(1e-5);
    expect(distance(b.uncertainty, a.uncertainty)).toBeLessThan(1e-4);
  });

  // The runtime computes some functions 16 values at a time, and the rest of an array in another way; published widths are multiples of 16.
  it('has the same bits every time and whatever the fold', async () => {
    const { vision, text, adapters } = tiny;
    const { wasm, onnx } = await bothModels({
      ...tiny,
      vision: { ...vision, width: 32, outputs: 16 },
      text: { ...text, width: 16, outputs: 16 },
      adapters: { ...adapters, width: 16 },
    });
    const mini = await MedCLIPSeg.fromPretrained('mini', { device: 'onnx' });
    const run = async (model: MedCLIPSeg, options: SegmentOptions) =>
      (await model.segment(image, 'polyp top', { samples: 10, ...options })).estimate;
    const one = await run(onnx, { fold: 1 });
    for (const fold of [10, 3, 1]) expect(await run(onnx, { fold })).toEqual(one);
    expect(await run(mini, { fold: 5, samples: 5 })).toEqual(await run(mini, { fold: 1, samples: 5 }));
    await Promise.all([wasm.dispose(), onnx.dispose(), mini.dispose()]);
  });

  it('streams running results, ends when aborted, and works afterwards', async () => {
    const done: number[] = [];
    const abort = new AbortController();
    const running = models.onnx.segment(image, 'polyp', {
      samples: 8,
      fold: 2,
      signal: abort.signal,
      onSample: (count, { probability }) => {
        done.push(count);
        expect(probability.every((p) => p > 0 && p < 1)).toBe(true);
        if (count === 4) abort.abort();
      },
    });
    await expect(running).rejects.toThrow(/abort/);
    expect(done).toEqual([2, 4]);
    expect((await models.onnx.segment(image, 'polyp', { samples: 1 })).samples).toBe(1);
  });

  it('segments several images and classes as wasm does', async () => {
    const classes = { left: 'polyp left', right: 'polyp right bottom' };
    const maps = await Promise.all(Object.values(models).map((model) => model.label(image, classes, { samples: 3 })));
    expect(maps[0]?.labels).toEqual(maps[1]?.labels);
    const both = await models.onnx.segment([image, image], ['polyp', 'polyp left'], { samples: 2 });
    const second = await models.onnx.segment(image, 'polyp left', { samples: 2, name: 'image1' });
    expect(both[1]?.probability).toEqual(second.probability);
  });

  it.each(Object.keys(families) as FamilyName[])('%s: images of a batch do not affect each other', async (family) => {
    const { wasm, onnx } = await bothModels({
      ...tiny,
      vision: { ...tiny.vision, ...families[family].vision },
      text: { ...tiny.text, kind: families[family].textKind },
    });
    const size = tiny.vision.imageSize;
    const images = ['polyp left', 'polyp', 'top right polyp bottom left'].map((prompt, i) => ({
      name: `image ${i}`,
      pixels: randomNormal(keyOf('image', i), size * size * 3),
      ids: tokenizer.encode(prompt),
    }));
    const run = async (engine: typeof onnx.engine, rows: readonly (typeof images)[number][]) => {
      const view = {
        pixels: Float32Array.from(rows.flatMap(({ pixels }) => [...pixels])),
        tokens: rows.map(({ ids }) => ids),
      };
      const names = rows.map(({ name }) => name);
      const estimates = await monteCarlo(engine, [view], names, { samples: 3, fold: 2 });
      return estimates.map(({ probability }) => probability);
    };
    const together = await run(onnx.engine, images);
    const expected = await run(tfjsEngine(wasm.network), images);
    for (const [i, probability] of together.entries()) {
      expect(distance(probability, expected[i] as Float32Array)).toBeLessThan(1e-5);
      const [alone] = await run(onnx.engine, images.slice(i, i + 1));
      expect(distance(probability, alone as Float32Array)).toBeLessThan(1e-6);
    }
    await Promise.all([wasm.dispose(), onnx.dispose()]);
  });
});

describe('weights on the device onnx', () => {
  it('stay in a file until tensors are asked for, and are all gone afterwards', async () => {
    const [tensors, before] = [tf.memory().numTensors, folders()];
    const { wasm, onnx } = await bothModels();
    expect(folders().length).toBe(before.length + 1);
    const stored = tf.memory().numBytes;
    expect(onnx.config).toEqual(tiny);
    await onnx.segment(image, 'polyp', { samples: 1 });
    expect(tf.memory().numBytes).toBe(stored);
    const { parameters } = onnx.network;
    expect(await parameters.maskHead[0]?.weight.data()).toEqual(
      await wasm.network.parameters.maskHead[0]?.weight.data(),
    );
    await onnx.segment(image, 'polyp', { samples: 1 });
    await Promise.all([wasm.dispose(), onnx.dispose()]);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(folders()).toEqual(before);
    await expect(onnx.segment(image, 'polyp')).rejects.toThrow(/disposed/);
  });

  it('of a process that was killed are removed by the next one; without a temporary folder, the remedy is named', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const left = join(tmpdir(), (folders()[0] as string).replace(`-${process.pid}-`, `-${pid}-`));
    mkdirSync(left, { recursive: true });
    new StoredWeights().close();
    expect(existsSync(left)).toBe(false);
    vi.stubEnv('TMPDIR', join(tmpdir(), 'medclipseg-none'));
    expect(() => new StoredWeights()).toThrow(/expected a temporary file for the weights, got ENOENT\. .* set TMPDIR/);
    vi.unstubAllEnvs();
  });

  it('become variables of TensorFlow.js where they learn', async () => {
    const { wasm, onnx } = await bothModels();
    expect(onnx.device).toBe('onnx');
    onnx.unfreeze();
    expect(onnx.engine.kind).toBe('tfjs');
    const run = async (model: MedCLIPSeg) => (await model.segment(image, 'polyp', { samples: 2 })).probability;
    expect(await run(onnx)).toEqual(await run(wasm));
    await Promise.all([wasm.dispose(), onnx.dispose()]);
  });
});

describe('sessions on the device onnx', () => {
  it('stay the same over hundreds of predictions, and are two for prompts of many lengths', async () => {
    const { wasm, onnx } = await bothModels();
    const engine = onnx.engine as OnnxEngine;
    await onnx.segment(image, 'polyp', { samples: 1 });
    const tensors = tf.memory().numTensors;
    for (let i = 0; i < 300; i++) await onnx.segment(image, 'polyp', { samples: 1, name: `${i}` });
    expect(engine.sessions.size).toBe(1);
    const prompts = ['polyp', 'polyp left polyp left polyp left polyp'];
    const many = [...prompts, ...prompts].map((prompt) =>
      onnx.segment(image, prompt, { samples: 1, trimPadding: true }),
    );
    await Promise.all(many);
    await onnx.segment(image, 'polyp', { samples: 1 });
    expect(engine.sessions.size).toBe(2);
    expect(tf.memory().numTensors).toBe(tensors);
    await Promise.all([wasm.dispose(), onnx.dispose()]);
  });

  it('end with typed errors, and are opened again', async () => {
    const { wasm, onnx } = await bothModels();
    const engine = onnx.engine as OnnxEngine;
    const run = () => onnx.segment(image, 'polyp', { samples: 2 });
    const { probability } = await run();
    const sessions = await engine.sessions.take(tiny.text.context);
    await sessions.sample.dispose();
    await engine.sessions.release(tiny.text.context);
    await expect(run()).rejects.toSatisfy((error) => isOnnxError(error, 'onnx/session'));
    expect((await run()).probability).toEqual(probability);
    // As a cleaner of temporary files may do.
    rmSync(engine.weights.folder, { recursive: true });
    expect((await run()).probability).toEqual(probability);
    await expect(onnx.segment(image, 'polyp', { samples: 2, trimPadding: true })).rejects.toSatisfy((error) =>
      isOnnxError(error, 'onnx/session'),
    );
    await expect(engine.start({ pixels: new Float32Array(3), tokens: [tokenizer.encode('polyp')] })).rejects.toThrow(
      /input 'image': expected 768 elements/,
    );
    await Promise.all([wasm.dispose(), onnx.dispose()]);
  });

  it('multiply 8-bit integers if asked to, with the same bits whatever the fold', async () => {
    const int8 = await MedCLIPSeg.fromPretrained('mini', { device: 'onnx', precision: 'int8' });
    const exact = await MedCLIPSeg.fromPretrained('mini', { device: 'onnx' });
    const run = async (model: MedCLIPSeg, fold: number) =>
      (await model.segment(image, 'one polyp', { samples: 3, fold })).estimate.probability;
    const probability = await run(int8, 1);
    expect(await run(int8, 3)).toEqual(probability);
    const difference = distance(probability, await run(exact, 1));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(0.1);
    await Promise.all([int8.dispose(), exact.dispose()]);
  });
});
