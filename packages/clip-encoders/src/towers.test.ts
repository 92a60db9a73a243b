import { counterDropout, disposeParameters, freeze, initialize } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { InputError } from './errors.ts';
import {
  embedImage,
  embedText,
  firstTextBlocks,
  imageBlock,
  imageFeatures,
  imageVector,
  type TextConfig,
  type TextParameters,
  textBlock,
  textFeatures,
  textSpec,
  tokenBatch,
  type VisionConfig,
  type VisionParameters,
  visionSpec,
} from './index.ts';

const text: TextConfig = {
  kind: 'clip',
  vocabulary: 20,
  context: 8,
  width: 12,
  layers: 2,
  heads: 2,
  mlpWidth: 24,
  outputs: 6,
};
const vision: VisionConfig = {
  imageSize: 16,
  patch: 8,
  width: 12,
  layers: 2,
  heads: 2,
  mlpWidth: 24,
  outputs: 6,
  activation: 'quick-gelu',
  epsilon: 1e-5,
  patchBias: true,
  preNorm: true,
  dense: 'tokens',
};

eachBackend('towers', () => {
  const prompts = () =>
    tf.tensor2d(
      [
        [2, 5, 7, 19, 0, 0, 0, 0],
        [2, 6, 19, 0, 0, 0, 0, 0],
        [2, 5, 7, 19, 0, 0, 0, 0],
      ],
      [3, 8],
      'int32',
    );
  const expectClose = async (actual: tf.Tensor, expected: tf.Tensor) => {
    expect(actual.shape).toEqual(expected.shape);
    const values = await actual.data();
    for (const [i, v] of (await expected.data()).entries()) expect(values[i]).toBeCloseTo(v, 5);
    tf.dispose([actual, expected]);
  };

  it.each(['clip', 'bert'] as const)(
    '%s text: computing only what reaches the vector changes nothing',
    async (kind) => {
      const config = { ...text, kind };
      const parameters = freeze(initialize(textSpec(config), 1)) as unknown as TextParameters;
      const ids = prompts();
      const embedded = tf.tidy(() => embedText(parameters, { ids, used: 8 }, config));
      // Two samples of every prompt, folded into the batch.
      const tokens = tf.tidy(() => tf.concat([embedded, tf.mul(embedded, 0.5)]));
      const whole = tf.tidy(() => {
        const batch = { ids, used: 8 };
        let x = tokens;
        for (let i = 0; i < config.layers; i++) x = textBlock(parameters, i, x, batch, config);
        return textFeatures(parameters, config.layers, x, batch, config);
      });
      expect(whole.shape).toEqual([6, 6]);
      const positions = tf.range(0, 4, 1, 'int32');
      for (const [index, leading] of [0, 1].flatMap((i) =>
        [{ used: 4 }, { used: 8, positions }].map((l) => [i, l] as const),
      )) {
        const cheap = tf.tidy(() => {
          const batch = { ids, ...leading };
          const x = index === 0 ? tokens : textBlock(parameters, 0, tokens, batch, config);
          return textFeatures(parameters, index, x, batch, config);
        });
        await expectClose(cheap, whole.clone());
      }
      tf.dispose([ids, embedded, tokens, whole, positions]);
      disposeParameters(parameters);
    },
  );

  it.each(['clip', 'bert'] as const)(
    '%s text: a repeated prompt is computed once, to the same tokens',
    async (kind) => {
      const config = { ...text, kind };
      const parameters = freeze(initialize(textSpec(config), 1)) as unknown as TextParameters;
      const ids = prompts();
      const each = tf.tidy(() => firstTextBlocks(parameters, { ids, used: 4 }, config, 1));
      const once = tf.tidy(() => firstTextBlocks(parameters, { ids, used: 4, duplicateOf: [0, 1, 0] }, config, 1));
      await expectClose(once, each);
      ids.dispose();
      disposeParameters(parameters);
    },
  );

  it('BERT drops activations by seed, the same when computed again, and none without dropout', async () => {
    const config = { ...text, kind: 'bert' as const };
    const parameters = freeze(initialize(textSpec(config), 1)) as unknown as TextParameters;
    const ids = prompts();
    const run = async (seed?: number) => {
      const rows = [0, 1, 2].map((image) => ({ image, sample: 0 }));
      const dropout = seed === undefined ? undefined : counterDropout(0.1, seed, rows);
      const batch = { ids, used: 4, duplicateOf: [0, 1, 0], dropout };
      const out = tf.tidy(() =>
        textFeatures(parameters, 1, firstTextBlocks(parameters, batch, config, 1), batch, config),
      );
      const values = [...(await out.data())];
      out.dispose();
      return values;
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
    // Rows 0 and 2 hold the same prompt.
    expect(first.slice(12)).not.toEqual(first.slice(0, 6));
    const none = await run();
    expect(none.slice(12)).toEqual(none.slice(0, 6));
    expect(none).not.toEqual(first);
    ids.dispose();
    disposeParameters(parameters);
  });

  it.each([
    ['patch embedding, tokens', vision],
    ['convolutional stem', { ...vision, stem: [10] }],
    ['value path', { ...vision, dense: 'value' as const }],
  ])('image: %s gives a feature per patch', async (_, config) => {
    const parameters = freeze(initialize(visionSpec(config), 1)) as unknown as VisionParameters;
    const image = tf.randomNormal([2, 16, 16, 3], 0, 1, 'float32', 3);
    const [out, vector] = tf.tidy(() => {
      const tokens = imageBlock(parameters, 0, embedImage(parameters, image, config), config);
      return [imageFeatures(parameters, tokens, config), imageVector(parameters, tokens, config)];
    }) as [tf.Tensor, tf.Tensor];
    expect(out.shape).toEqual([2, 4, 6]);
    expect(vector.shape).toEqual([2, 6]);
    expect([...(await out.data()), ...(await vector.data())].every(Number.isFinite)).toBe(true);
    tf.dispose([image, out, vector]);
    disposeParameters(parameters);
  });

  it('refuse images of another size and blocks that do not exist', () => {
    const parameters = freeze(initialize(visionSpec(vision), 1)) as unknown as VisionParameters;
    for (const shape of [
      [1, 8, 8, 3],
      [16, 16, 3],
      [1, 16, 16, 1],
      [0, 16, 16, 3],
    ])
      expect(() => tf.tidy(() => embedImage(parameters, tf.zeros(shape), vision))).toThrow(InputError);
    const tokens = tf.zeros([1, 5, 12]);
    for (const index of [-1, 2, 0.5]) expect(() => imageBlock(parameters, index, tokens, vision)).toThrow(InputError);
    tokens.dispose();
    disposeParameters(parameters);
  });

  it('refuse ids outside the vocabulary, of another type or beyond the context', () => {
    const parameters = freeze(initialize(textSpec(text), 1)) as unknown as TextParameters;
    const cases = [
      tokenBatch([[2, 20, 0, 0]]),
      tokenBatch([new Array(9).fill(1)]),
      { ids: tf.zeros([1, 4]), used: 4 },
      { ids: tf.zeros([1, 4], 'int32'), used: 5 },
    ];
    for (const batch of cases) {
      expect(() => embedText(parameters, batch, text)).toThrow(InputError);
      batch.ids.dispose();
    }
    for (const rows of [[], [[]], [[1, 2], [1]], [[1.5]], [[-1]], [[Number.NaN]]])
      expect(() => tokenBatch(rows), `${rows}`).toThrow(InputError);
    disposeParameters(parameters);
  });
});
