// Functions over tfjs operations as users write them: their inputs, parameters and values to run them with.

import type { InputDescription } from '@medclipseg/onnx';
import type { TensorData } from '@medclipseg/onnx/node';
import * as tf from '@tensorflow/tfjs-core';
import {
  model as functional,
  input,
  type LayersModel,
  layers,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';

export interface TracedFunction {
  readonly fn: (inputs: Readonly<Record<string, tf.Tensor>>) => Record<string, tf.Tensor>;
  readonly inputs: Readonly<Record<string, InputDescription>>;
  readonly parameters: ReadonlyMap<string, tf.Tensor>;
  readonly values: Readonly<Record<string, TensorData>>;
}

const wave = (shape: readonly number[], frequency: number): Float32Array =>
  Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, i) => Math.sin(1 + i * frequency));

const values = (shape: readonly number[], frequency = 0.7): TensorData => ({
  type: 'float32',
  shape,
  data: wave(shape, frequency),
});

const parameter = (shape: readonly number[], scale: number, frequency = 0.37) =>
  tf.tidy(() => tf.mul(tf.tensor(wave(shape, frequency), [...shape]), scale));

/** A network's weights by name, changed so that none is zero or one. */
function weightsOf(network: LayersModel): Map<string, tf.Tensor> {
  const shapes = network.getWeights().map(({ shape }) => shape);
  network.setWeights(
    shapes.map((shape, i) =>
      tf.tidy(() => tf.add(parameter(shape, 0.15, 0.3 + 0.01 * i), shape.length === 1 ? 0.6 : 0)),
    ),
  );
  return new Map(network.weights.map((weight) => [weight.originalName, weight.read()]));
}

/** Two linear maps; large enough for 8-bit integers. */
function perceptron(): TracedFunction {
  const parameters = new Map([
    ['first.weight', parameter([64, 96], 0.2)],
    ['first.bias', parameter([96], 0.3)],
    ['second.weight', parameter([96, 64], 0.2)],
  ]);
  const [first, bias, second] = [...parameters.values()] as [tf.Tensor2D, tf.Tensor, tf.Tensor2D];
  return {
    fn: ({ x }) => ({
      y: tf.softmax(tf.matMul(tf.tanh(tf.add(tf.matMul(x as tf.Tensor, first), bias)), second)),
    }),
    inputs: { x: { shape: ['rows', 64] } },
    parameters,
    values: { x: values([5, 64]) },
  };
}

/** A loss and its gradients with respect to weights. */
function gradient(): TracedFunction {
  const weight = parameter([40, 48], 0.2);
  return {
    fn: ({ x, target }) => {
      const loss = (w: tf.Tensor) =>
        tf.mean(
          tf.squaredDifference(tf.sigmoid(tf.matMul(x as tf.Tensor, w as tf.Tensor2D)), target as tf.Tensor),
        ) as tf.Scalar;
      const { value, grad } = tf.valueAndGrad(loss)(weight);
      return { loss: value, gradient: grad };
    },
    inputs: { x: { shape: [6, 40] }, target: { shape: [6, 48] } },
    parameters: new Map([['weight', weight]]),
    values: { x: values([6, 40]), target: values([6, 48], 0.3) },
  };
}

function network(model: LayersModel, shapes: Readonly<Record<string, readonly number[]>>): TracedFunction {
  const names = Object.keys(shapes);
  return {
    parameters: weightsOf(model),
    fn: (inputs) => {
      const tensors = names.map((name) => inputs[name] as tf.Tensor);
      return { y: model.apply(tensors.length === 1 ? (tensors[0] as tf.Tensor) : tensors) as tf.Tensor };
    },
    inputs: Object.fromEntries(names.map((name) => [name, { shape: ['batch', ...(shapes[name] as number[])] }])),
    values: Object.fromEntries(names.map((name) => [name, values([3, ...(shapes[name] as number[])])])),
  };
}

/** A classifier of images, layer after layer. */
const classifier = () =>
  network(
    sequential({
      layers: [
        layers.conv2d({
          inputShape: [17, 18, 3],
          filters: 8,
          kernelSize: 3,
          padding: 'same',
          strides: 2,
          activation: 'relu',
        }),
        layers.batchNormalization(),
        layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthMultiplier: 2, activation: 'elu' }),
        layers.separableConv2d({ filters: 12, kernelSize: 3, dilationRate: 2 }),
        layers.leakyReLU({ alpha: 0.1 }),
        layers.maxPooling2d({ poolSize: 2, padding: 'same' }),
        layers.upSampling2d({ size: [2, 2] }),
        layers.zeroPadding2d({ padding: 1 }),
        layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
        layers.flatten(),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 80, activation: 'swish' }),
        layers.layerNormalization(),
        layers.dense({ units: 5, activation: 'softmax' }),
      ],
    }),
    { image: [17, 18, 3] },
  );

/** An image and a row of numbers, joined by functional calls. */
function twoInputs(): TracedFunction {
  const image = input({ shape: [12, 12, 2] });
  const row = input({ shape: [6] });
  const down = layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: 'same', useBias: false }).apply(image);
  const active = layers.prelu({ sharedAxes: [1, 2] }).apply(layers.batchNormalization().apply(down)) as SymbolicTensor;
  const up = layers.conv2dTranspose({ filters: 6, kernelSize: 3, strides: 2, padding: 'same' }).apply(active);
  const pooled = layers.globalMaxPooling2d({}).apply(up) as SymbolicTensor;
  const scaled = layers.dense({ units: 6, activation: 'tanh' }).apply(row) as SymbolicTensor;
  const joined = layers.concatenate().apply([layers.multiply().apply([pooled, scaled]) as SymbolicTensor, scaled]);
  const output = layers.dense({ units: 3, activation: 'sigmoid' }).apply(joined) as SymbolicTensor;
  return network(functional({ inputs: [image, row], outputs: output }), { image: [12, 12, 2], row: [6] });
}

/** A sequence of vectors through recurrent layers, unrolled by the trace. */
const recurrent = () =>
  network(
    sequential({
      layers: [
        layers.conv1d({ inputShape: [9, 4], filters: 8, kernelSize: 3, activation: 'relu' }),
        layers.maxPooling1d({ poolSize: 2 }),
        layers.bidirectional({
          layer: layers.lstm({ units: 6, recurrentInitializer: 'zeros', returnSequences: true }) as never,
          mergeMode: 'concat',
        }),
        layers.gru({ units: 7, recurrentInitializer: 'zeros' }),
        layers.dense({ units: 2 }),
      ],
    }),
    { sequence: [9, 4] },
  );

export const FUNCTIONS: Readonly<Record<string, () => TracedFunction>> = {
  perceptron,
  gradient,
  classifier,
  'two inputs': twoInputs,
  recurrent,
};
