// The gradient of depthwise filters where every pixel is an output, against sums in double precision.
import { releaseBackend, selectBackend } from '@medclipseg/backends';
import * as tf from '@tensorflow/tfjs-core';
import * as onnxruntime from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeOnnx, trace } from '../index.ts';
import { openModel, type Runtime } from '../session/run-model.ts';

beforeAll(async () => {
  await selectBackend('cpu');
});
afterAll(releaseBackend);

type Shape4 = [number, number, number, number];
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const wave = (shape: Shape4, speed: number) =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + speed * i));

it.each<[string, Shape4, [number, number], 'same' | 'valid']>([
  ['several images', [3, 5, 6, 2], [3, 3], 'same'],
  ['several strips of rows', [2, 70, 9, 2], [3, 3], 'same'],
  ['strips that are not equally tall, an even filter', [1, 67, 5, 3], [2, 4], 'same'],
  ['no padding', [2, 40, 7, 1], [3, 2], 'valid'],
  ['more images than are summed at once', [5, 3, 300, 1], [3, 1], 'same'],
  ['columns that are more than a sum', [2, 2, 1100, 1], [1, 3], 'same'],
  ['a single row and a single column', [2, 1, 1, 2], [3, 3], 'same'],
])('%s', async (_, shape, [height, width], pad) => {
  const [batch, rows, columns, channels] = shape;
  const filterShape: Shape4 = [height, width, channels, 1];
  const [outRows, outColumns] = pad === 'same' ? [rows, columns] : [rows - height + 1, columns - width + 1];
  const [top, left] = pad === 'same' ? [(height - 1) >> 1, (width - 1) >> 1] : [0, 0];
  const gradientShape: Shape4 = [batch, outRows, outColumns, channels];
  const [x, dy] = [wave(shape, 0.37), wave(gradientShape, 0.53)];
  const attributes = { strides: [1, 1], dilations: [1, 1], pad, filterShape };
  const graph = trace(
    (inputs) => ({
      y: tf.engine().runKernel('DepthwiseConv2dNativeBackpropFilter', inputs, attributes) as unknown as tf.Tensor,
    }),
    { x: { shape }, dy: { shape: gradientShape } },
  );
  const { model } = await encodeOnnx(graph);
  const session = await openModel(onnxruntime as unknown as Runtime, { model }, { threads: 1, optimization: 'all' });
  const { y } = await session.run({
    x: { type: 'float32', shape, data: x },
    dy: { type: 'float32', shape: gradientShape, data: dy },
  });
  await session.release();
  const expected = new Float64Array(sizeOf(filterShape));
  for (let b = 0; b < batch; b++)
    for (let r = 0; r < outRows; r++)
      for (let c = 0; c < outColumns; c++)
        for (let i = 0; i < height; i++)
          for (let j = 0; j < width; j++) {
            const [row, column] = [r + i - top, c + j - left];
            if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
            for (let k = 0; k < channels; k++) {
              const seen = x[((b * rows + row) * columns + column) * channels + k] as number;
              const swept = dy[((b * outRows + r) * outColumns + c) * channels + k] as number;
              const at = (i * width + j) * channels + k;
              expected[at] = (expected[at] as number) + seen * swept;
            }
          }
  expect(y?.shape).toEqual(filterShape);
  // Rounding grows with the root of the number of summands.
  const tolerance = 1e-6 * Math.sqrt(batch * outRows * outColumns);
  for (const [i, value] of expected.entries()) expect(Math.abs((y?.data[i] as number) - value)).toBeLessThan(tolerance);
});
