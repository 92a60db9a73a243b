// An image's result does not depend on the batch: not on its other images, their order, or how often an image occurs.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { disposeParameters, keyOf, randomNormal } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ModelConfig } from './config.ts';
import { tfjsEngine } from './engine/tfjs.ts';
import { config, tokenizer } from './fixtures/tiny-model.ts';
import { initializeModel } from './network.ts';
import { monteCarlo } from './sampling/monte-carlo.ts';

const PROMPTS = ['polyp left', 'polyp', 'top right polyp bottom left'];
const SIZE = config.vision.imageSize;

/** The tiny model with the constants of a family. */
const ofFamily = (family: FamilyName): ModelConfig => ({
  ...config,
  vision: { ...config.vision, ...families[family].vision },
  text: { ...config.text, kind: families[family].textKind },
});

/** Image `i` with its prompt, both functions of `i`. */
const imageOf = (i: number) => ({
  name: `image ${i}`,
  pixels: randomNormal(keyOf('image', i), SIZE * SIZE * 3),
  ids: tokenizer.encode(PROMPTS[i % PROMPTS.length] as string),
});

eachBackend('a batch', () => {
  it.each(Object.keys(families) as FamilyName[])('%s: each image has the result that it has alone', async (family) => {
    const tiny = ofFamily(family);
    const network = { config: tiny, parameters: initializeModel(tiny, 3) };
    const probabilities = async (images: readonly number[]) => {
      const rows = images.map(imageOf);
      const view = {
        pixels: Float32Array.from(rows.flatMap(({ pixels }) => [...pixels])),
        tokens: rows.map(({ ids }) => ids),
      };
      const names = rows.map(({ name }) => name);
      const estimates = await monteCarlo(tfjsEngine(network), [view], names, { samples: 2, seed: 5, fold: 2 });
      return estimates.map(({ probability }) => probability);
    };
    const alone: Float32Array[] = [];
    for (let i = 0; i < 4; i++) alone.push((await probabilities([i]))[0] as Float32Array);
    const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - (b[i] as number))));
    // The images differ enough for the comparison to mean something.
    expect(distance(alone[0] as Float32Array, alone[1] as Float32Array)).toBeGreaterThan(1e-2);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { minLength: 2, maxLength: 5 }), async (images) => {
        for (const [row, probability] of (await probabilities(images)).entries())
          expect(distance(probability, alone[images[row] as number] as Float32Array)).toBeLessThan(1e-5);
      }),
      { numRuns: 8 },
    );
    disposeParameters(network.parameters);
  });
});
