// Skips from the image encoder's stem into the decoder.
import { selectBackend } from '@medclipseg/backends';
import { tokenBatch } from '@medclipseg/clip-encoders';
import { disposeParameters, flatten, keyOf, randomNormal, trainable, variablesOf } from '@medclipseg/nn';
import { countMultiplyAdds } from '@medclipseg/nn/testing';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { skipStages } from './decoder.ts';
import { withSkips as config, image, config as plain, tokenizer } from './fixtures/tiny-model.ts';
import { encodeCheckpoint, MedCLIPSeg, type ModelConfig } from './index.ts';
import { lossAndGradients } from './internal.ts';
import { encodePrefix, initializeModel, predictLogits, trunk } from './network.ts';

const random = (name: string, shape: [number, number, number, number]) =>
  tf.tensor4d(randomNormal(keyOf(name), tf.util.sizeFromShape(shape)), shape);
const prompts = (...texts: string[]) => tokenBatch(texts.map((text) => tokenizer.encode(text)));

eachBackend('skips', () => {
  it('make logits depend on pixels that no patch token has seen, and only then', async () => {
    const sees = async (variant: ModelConfig): Promise<boolean> => {
      const network = { config: variant, parameters: initializeModel(variant, 1) };
      const input = random('image', [1, 16, 16, 3]);
      const text = prompts('polyp left');
      const start = tf.tidy(() => encodePrefix(network, input, text));
      const logits = tf.tidy(() => {
        // The tokens of another image: only skips carry this one's pixels to the decoder.
        const other = encodePrefix(network, random('other', [1, 16, 16, 3]), text);
        const run = (stem: typeof start.stem) => predictLogits(network, trunk(network, { ...start, stem }, text));
        return tf.max(tf.abs(tf.sub(run(start.stem), run(other.stem))));
      });
      const [change] = await logits.data();
      tf.dispose([input, text.ids, start, logits]);
      disposeParameters(network.parameters);
      return (change as number) > 1e-4;
    };
    expect(await sees(config)).toBe(true);
    expect(await sees(plain)).toBe(false);
  });

  it('have the gradient of finite differences', async () => {
    const parameters = trainable(initializeModel(config, 2), /^skips\./);
    const network = { config, parameters };
    const batch = {
      image: random('image', [2, 16, 16, 3]),
      mask: tf.tensor3d(
        Float32Array.from({ length: 512 }, (_, i) => (i % 16 < 8 ? 1 : 0)),
        [2, 16, 16],
      ),
      prompts: prompts('polyp left', 'right'),
    };
    const variables = variablesOf(parameters);
    const [[, weight] = []] = variables;
    const run = () => lossAndGradients(network, batch, variables, { dice: 'region' });
    const { gradients } = await run();
    const [gradient] = [...gradients.values()];
    const direction = (await gradient?.data()) as Float32Array;
    const steepness = direction.reduce((sum, g) => sum + g * g, 0);
    const values = (await weight?.data()) as Float32Array;
    const lossAt = async (step: number) => {
      const moved = tf.tensor(
        values.map((v, i) => v + (step * (direction[i] as number)) / Math.sqrt(steepness)),
        weight?.shape,
      );
      weight?.assign(moved);
      const { loss, gradients: unused } = await run();
      tf.dispose([moved, ...unused.values()]);
      return loss.total;
    };
    const step = 0.02;
    const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    expect(steepness).toBeGreaterThan(0);
    expect(Math.abs(slope / Math.sqrt(steepness) - 1)).toBeLessThan(0.02);
    tf.dispose([...gradients.values(), batch.image, batch.mask, batch.prompts.ids]);
    disposeParameters(parameters);
  });

  it('survive a checkpoint, and give the same result whatever the folding, without leaving tensors', async () => {
    const model = new MedCLIPSeg({ config, parameters: initializeModel(config, 3) }, tokenizer);
    const again = await MedCLIPSeg.fromPretrained(await encodeCheckpoint(model.network, tokenizer.toJson()));
    expect(again.network.config).toEqual(config);
    expect([...flatten(again.network.parameters).keys()]).toContain('skips.0.weight');
    const before = tf.memory().numTensors;
    const one = await model.segment(image, 'polyp left', { samples: 6, fold: 1 });
    const folded = await again.segment(image, 'polyp left', { samples: 6, fold: 3 });
    for (const [i, p] of one.probability.entries()) expect(folded.probability[i]).toBeCloseTo(p, 5);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    again.dispose();
  });
});

it('skips take the last map of the stem of a resolution, or say that there is none', () => {
  expect(skipStages(config)).toEqual([2]);
  expect(() => skipStages({ ...config, upscaleBlocks: 3 })).toThrow(/skips: expected a stem with a map of 16x16/);
  expect(() => skipStages(plain)).toThrow(/image encoder without a stem/);
});

it('skips cost one product per map', async () => {
  await selectBackend('cpu');
  const cost = (variant: ModelConfig) => {
    const network = { config: variant, parameters: initializeModel(variant, 1) };
    const { multiplyAdds } = countMultiplyAdds(() =>
      tf.tidy(() => {
        const text = prompts('polyp');
        predictLogits(network, trunk(network, encodePrefix(network, tf.zeros([1, 16, 16, 3]), text), text));
      }),
    );
    disposeParameters(network.parameters);
    return multiplyAdds;
  };
  const { skips: _, ...without } = config;
  expect(cost(config) - cost(without)).toBe(4 * 4 * 6 * 6);
});
