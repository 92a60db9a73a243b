// The composed model: sampling and segmenting.
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { config, image, newParameters, tokenizer } from './fixtures/tiny-model.ts';
import { MedCLIPSeg } from './index.ts';

eachBackend('segmenting', (backend) => {
  it('gives the same result whatever the folding, the same bits for the same seed, another for another', async () => {
    const parameters = newParameters();
    const model = new MedCLIPSeg({ config, parameters }, tokenizer);
    const run = async (options: object) =>
      (await model.segment(image, 'polyp left', { samples: 6, ...options })).probability;
    const one = await run({ samples: 30, fold: 1 });
    for (const fold of [5, 30]) {
      const folded = await run({ samples: 30, fold });
      for (const [i, p] of one.entries()) expect(folded[i]).toBeCloseTo(p, 5);
    }
    expect(await run({ fold: 3 })).toEqual(await run({ fold: 3 }));
    expect(await run({ seed: 1 })).not.toEqual(await run({ seed: 2 }));
    expect(await run({ samples: 0, seed: 1 })).toEqual(await run({ samples: 0, seed: 2 }));
    model.dispose();
  });

  it('comes at the image’s own size, with entropy between 0 and ln 2', async () => {
    const model = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
    const result = await model.segment(image, 'polyp', { samples: 2 });
    expect([result.width, result.height, result.mask.length]).toEqual([20, 12, 240]);
    for (const [i, u] of result.uncertainty.entries()) {
      expect(u).toBeGreaterThanOrEqual(0);
      expect(u).toBeLessThanOrEqual(Math.LN2 + 1e-6);
      expect(result.mask[i]).toBe((result.probability[i] as number) > 0.5 ? 1 : 0);
    }
    model.dispose();
  });

  it(`${backend === 'wasm' ? 'a thousand' : 'ten'} segmentations leak no tensor`, async () => {
    const model = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
    const before = tf.memory().numTensors;
    for (let i = 0; i < (backend === 'wasm' ? 1000 : 10); i++) await model.segment(image, 'polyp left', { samples: 1 });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('stops when its signal is aborted', async () => {
    const model = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
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

  it('stops between the blocks of a sample, without leaving tensors', async () => {
    const model = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
    const before = tf.memory().numTensors;
    const control = new AbortController();
    let samples = 0;
    const run = model.segment(image, 'polyp', {
      samples: 4,
      fold: 4,
      signal: control.signal,
      onSample: () => {
        samples += 1;
      },
    });
    // Runs as soon as the computation gives way.
    setImmediate(() => control.abort());
    await expect(run).rejects.toThrow(/abort/i);
    expect(samples).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
