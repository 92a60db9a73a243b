import { selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { encodeOnnx, trace } from './index.ts';
import { compile } from './node.ts';

it('traces a network of tf.layers by its weight names, for any batch size', async () => {
  await selectBackend('cpu');
  const model = sequential({
    layers: [
      layers.conv2d({ inputShape: [16, 16, 3], filters: 8, kernelSize: 3, padding: 'same', activation: 'relu' }),
      layers.batchNormalization(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.separableConv2d({ filters: 12, kernelSize: 3, strides: 2 }),
      layers.globalAveragePooling2d({}),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 4, activation: 'softmax' }),
    ],
  });
  const parameters = Object.fromEntries(model.weights.map((weight) => [weight.originalName, weight.read()]));
  const graph = trace(
    ({ image }) => ({ classes: model.apply(image) as tf.Tensor }),
    { image: { shape: ['batch', 16, 16, 3] } },
    { parameters },
  );
  const session = await compile(await encodeOnnx(graph));
  for (const batch of [1, 3]) {
    const image = tf.randomUniform([batch, 16, 16, 3], 0, 1, 'float32', 7);
    const expected = model.predict(image) as tf.Tensor;
    const data = (await image.data()) as Float32Array;
    const { classes } = await session.run({ image: { type: 'float32', shape: image.shape, data } });
    expect(classes?.shape).toEqual([batch, 4]);
    (await expected.data()).forEach((value, i) => {
      expect(classes?.data[i]).toBeCloseTo(value, 5);
    });
  }
  await session.dispose();
});
