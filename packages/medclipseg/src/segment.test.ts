// Options of a segmentation.
import {
  applySymmetry,
  applySymmetryToPrompt,
  invertSymmetry,
  resizeLinear,
  SYMMETRIES,
  type Symmetry,
} from '@medclipseg/datasets';
import { eachBackend } from '@medclipseg/testing';
import { expect, it } from 'vitest';
import { config, image, newParameters, tokenizer } from './fixtures/tiny-model.ts';
import { MedCLIPSeg } from './index.ts';

/** All eight are made of these two. */
const GENERATORS: readonly Symmetry[] = [
  { transpose: false, acrossX: true, acrossY: false },
  { transpose: true, acrossX: false, acrossY: false },
];
const newModel = () => new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - (b[i] as number))));

eachBackend('a segmentation', (backend) => {
  it('divides its uncertainty into what samples have and what they disagree on', async () => {
    const model = newModel();
    const { uncertainty, expectedEntropy, mutualInformation } = await model.segment(image, 'polyp', { samples: 5 });
    uncertainty.forEach((u, i) => {
      expect(u).toBeCloseTo((expectedEntropy[i] as number) + (mutualInformation[i] as number), 5);
      // Jensen: the entropy of the mean is at least the mean entropy.
      expect(mutualInformation[i]).toBeGreaterThanOrEqual(0);
    });
    expect(Math.max(...mutualInformation)).toBeGreaterThan(0);
    const alone = await model.segment(image, 'polyp', { samples: 1 });
    expect(Math.max(...alone.mutualInformation)).toBeLessThan(1e-6);
    model.dispose();
  });

  it('with opposite noise in pairs repeats the first of each pair, and is nearer to the mean network', async () => {
    const model = newModel();
    const run = (options: object) => model.segment(image, 'polyp left', options).then((r) => r.estimate.probability);
    expect(distance(await run({ samples: 1, antithetic: true }), await run({ samples: 1 }))).toBeLessThan(1e-6);
    const many = await run({ samples: 400 });
    const error = async (options: object) => {
      let sum = 0;
      for (const seed of [1, 2, 3, 4, 5]) sum += distance(await run({ samples: 2, seed, ...options }), many);
      return sum;
    };
    expect(await error({ antithetic: true })).toBeLessThan(0.7 * (await error({})));
    model.dispose();
  });

  it('stops when it knows enough, and says how many samples that took', async () => {
    const model = newModel();
    const stop = (standardError: number) =>
      model.segment(image, 'polyp', { samples: 60, stopWhen: { standardError } }).then((r) => r.samples);
    expect(await stop(1)).toBe(6);
    expect(await stop(1e-9)).toBe(60);
    model.dispose();
  });

  it('averaged over all eight symmetries, is transformed like the image and its prompt', async () => {
    const model = newModel();
    const square = resizeLinear(image, 16, 16);
    const run = (given: typeof square, prompt: string) =>
      model.segment(given, prompt, { samples: 0, dihedral: true }).then((r) => r.probability);
    const upright = await run(square, 'polyp top left');
    // In software, WebGPU needs a second for a pass, and there are eight of them to a turn.
    for (const symmetry of backend === 'webgpu' ? GENERATORS : SYMMETRIES) {
      const turned = await run(applySymmetry(square, symmetry), applySymmetryToPrompt('polyp top left', symmetry));
      expect(distance(invertSymmetry(turned, 16, symmetry), upright)).toBeLessThan(1e-5);
    }
    model.dispose();
  });

  it('of several images is that of each by itself, of several classes that of the most probable', async () => {
    const model = newModel();
    const options = { samples: 2 };
    const two = await model.segment([image, image], ['polyp left', 'polyp right'], options);
    const second = await model.segment(image, 'polyp right', { ...options, name: 'image1' });
    expect(two[1]?.probability).toEqual(second.probability);
    await expect(model.segment([image, image], ['polyp'])).rejects.toThrow(
      'prompts: expected one prompt or 2, one per image, got 1',
    );

    const { labels, segmentations } = await model.label(image, { l: 'polyp left', r: 'polyp right' }, { threshold: 0 });
    const [l, r] = [...segmentations.values()].map(({ probability }) => probability) as [Float32Array, Float32Array];
    expect([...labels]).toEqual([...l].map((p, i) => (p >= (r[i] as number) ? 1 : 2)));
    const none = await model.label(image, { l: 'polyp left' }, { threshold: 1 });
    expect(Math.max(...none.labels)).toBe(0);
    model.dispose();
  });

  it('does not depend on padding that is masked, and does where it is not', async () => {
    const run = async (maskPadding: boolean, trimPadding: boolean) => {
      const adapters = { ...config.adapters, maskPadding };
      const model = new MedCLIPSeg({ config: { ...config, adapters }, parameters: newParameters() }, tokenizer);
      const { probability } = await model.segment(image, 'polyp', { samples: 0, trimPadding });
      model.dispose();
      return probability;
    };
    expect(distance(await run(true, true), await run(true, false))).toBeLessThan(1e-6);
    expect(distance(await run(false, true), await run(false, false))).toBeGreaterThan(1e-5);
  });

  it('at the image’s size by nearest pixels has only values of the model’s map', async () => {
    const model = newModel();
    const { probability, estimate } = await model.segment(image, 'polyp', { samples: 1, interpolation: 'nearest' });
    const values = new Set(estimate.probability);
    expect([...probability].every((p) => values.has(p))).toBe(true);
    model.dispose();
  });
});
