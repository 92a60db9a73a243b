import { counterNoise, disposeParameters } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { input, loadLayersModel, model, type SymbolicTensor, layers as standard } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { initPvlAdapter, pvlAdapter } from '../index.ts';
import { ProbabilisticCrossAttention, PvlAdapter } from './index.ts';

const tokens = (batch: number, count: number, width: number) =>
  tf.tensor3d(
    Array.from({ length: batch * count * width }, (_, i) => Math.sin(1 + i)),
    [batch, count, width],
  );

eachBackend('layers', () => {
  it('equal the functions, sample after sample', async () => {
    const layer = new PvlAdapter({ width: 4, seed: 3, beta: 1.5, adapter: 2 });
    const parameters = initPvlAdapter({ imageWidth: 6, textWidth: 5, width: 4 }, 3);
    const [image, text] = [tokens(2, 3, 6), tokens(2, 4, 5)];
    for (const sample of [0, 1]) {
      const actual = layer.apply([image, text]) as tf.Tensor[];
      const expected = tf.tidy(() =>
        pvlAdapter(parameters, image, text, {
          beta: 1.5,
          adapter: 2,
          noise: counterNoise(
            3,
            [0, 1].map((row) => ({ image: row, sample })),
          ),
        }),
      );
      expect([...(await (actual[0] as tf.Tensor).data())]).toEqual([...(await expected.image.data())]);
      expect([...(await (actual[1] as tf.Tensor).data())]).toEqual([...(await expected.text.data())]);
      tf.dispose([actual, expected.image, expected.text]);
    }
    layer.dispose();
    disposeParameters(parameters);
    tf.dispose([image, text]);
  });

  it('are saved and loaded with configuration and weights', async () => {
    const [image, text] = [input({ shape: [3, 6] }), input({ shape: [4, 5] })];
    const deltas = new PvlAdapter({ width: 4, seed: 7, gate: 0.5, sampling: 'never' }).apply([image, text]);
    const attended = new ProbabilisticCrossAttention({ seed: 2, sampling: 'training' }).apply([
      (deltas as SymbolicTensor[])[0] as SymbolicTensor,
      image,
    ]);
    const before = model({ inputs: [image, text], outputs: attended as SymbolicTensor });
    let saved: tf.io.ModelArtifacts | undefined;
    await before.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const after = await loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
    const batch = [tokens(2, 3, 6), tokens(2, 4, 5)];
    const [one, other] = [before.predict(batch) as tf.Tensor, after.predict(batch) as tf.Tensor];
    expect([...(await other.data())]).toEqual([...(await one.data())]);
    expect(JSON.stringify(after.toJSON())).toBe(JSON.stringify(before.toJSON()));
    tf.dispose([one, other, batch]);
    before.dispose();
    after.dispose();
  });

  it('learn in `fit`', async () => {
    const [query, context] = [input({ shape: [3, 4] }), input({ shape: [5, 4] })];
    const attended = new ProbabilisticCrossAttention({ seed: 1 }).apply([query, context]) as SymbolicTensor;
    const output = standard.globalAveragePooling1d({}).apply(attended) as SymbolicTensor;
    const network = model({ inputs: [query, context], outputs: output });
    network.compile({ optimizer: tf.train.adam(0.05), loss: 'meanSquaredError' });
    const [x, y] = [[tokens(4, 3, 4), tokens(4, 5, 4)], tf.ones([4, 4])];
    const { history } = await network.fit(x, y, { epochs: 30, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses.at(-1)).toBeLessThan(0.25 * (losses[0] as number));
    network.optimizer.dispose();
    network.dispose();
    tf.dispose([x, y]);
  });
});

describe('layers reject', () => {
  it('inputs and options that do not fit', () => {
    const layer = () => new ProbabilisticCrossAttention({ name: 'mixer' });
    expect(() => layer().apply([input({ shape: [3, 4] }), input({ shape: [3, 5] })])).toThrow(/one width, got 4 and 5/);
    expect(() => layer().apply(input({ shape: [3, 4] }))).toThrow(/mixer: expected two token sequences/);
    expect(() => new PvlAdapter({ width: 0 })).toThrow(/width: expected a whole number of at least 1/);
    expect(() => new PvlAdapter({ width: 4, sampling: 'sometimes' as never })).toThrow(/sampling: expected always/);
  });
});
