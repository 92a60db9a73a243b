// Matrix products, convolutions and pooling. ONNX keeps channels first, TensorFlow.js last.
import * as tf from '@tensorflow/tfjs-core';
import { type Graph, nodeOf, type Value } from '../graph.ts';
import { broadcast, type KernelCall, type RecordedKernel, reshape, transpose } from './kernel.ts';

const outerShape = ({ shape }: Value): readonly number[] => shape.slice(0, -2);

const matrixShape = ({ shape }: Value): [number, number] => [shape.at(-2) as number, shape.at(-1) as number];

const transposed = (graph: Graph, value: Value): Value => {
  const rank = value.shape.length;
  const order = value.shape.map((_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2));
  return transpose(graph, value, order);
};

/** Reshapings before a linear map over the last axis are not needed. */
const beforeReshaping = (value: Value): Value => {
  let root = value;
  for (let node = nodeOf(root, 'Reshape'); node; node = nodeOf(root, 'Reshape')) root = node.inputs[0] as Value;
  return root.shape.length >= 2 && root.shape.at(-1) === value.shape.at(-1) ? root : value;
};

interface Flags {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

function product(graph: Graph, a: Value, b: Value, { transposeA, transposeB }: Flags, bias?: Value): Value {
  const [rows, columns] = [matrixShape(a)[transposeA ? 1 : 0], matrixShape(b)[transposeB ? 0 : 1]];
  const outer = tf.broadcast_util.assertAndGetBroadcastShape([...outerShape(a)], [...outerShape(b)]);
  const shape = [...outer, rows, columns];
  const plusBias = (value: Value) => (bias ? graph.add('Add', [value, bias], broadcast(value, bias)) : value);
  const matrix = tf.util.sizeFromShape([...outerShape(b)]) === 1 ? reshape(graph, b, matrixShape(b)) : undefined;
  if (matrix && !transposeA && !transposeB) {
    const input = beforeReshaping(a);
    const output = graph.add('MatMul', [input, matrix], input.shape.with(-1, columns));
    return reshape(graph, plusBias(output), shape);
  }
  if (matrix && tf.util.sizeFromShape([...outerShape(a)]) === 1) {
    const inputs = [reshape(graph, a, matrixShape(a)), matrix, ...(bias ? [bias] : [])];
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return reshape(graph, graph.add('Gemm', inputs, [rows, columns], { attributes }), shape);
  }
  const factors = [transposeA ? transposed(graph, a) : a, transposeB ? transposed(graph, b) : b];
  return plusBias(graph.add('MatMul', factors, shape));
}

const ACTIVATIONS: Readonly<Record<string, string>> = { relu: 'Relu', sigmoid: 'Sigmoid', elu: 'Elu', tanh: 'Tanh' };

function activated({ graph, inputs, attributes, refuse }: KernelCall, value: Value): Value {
  const { activation, leakyreluAlpha } = attributes;
  if (!activation || activation === 'linear') return value;
  if (activation === 'relu6') return graph.add('Clip', [value, graph.scalar(0), graph.scalar(6)], value.shape);
  if (activation === 'leakyrelu')
    return graph.add('LeakyRelu', [value], value.shape, { floats: { alpha: leakyreluAlpha ?? 0.2 } });
  if (activation === 'prelu') return graph.add('PRelu', [value, inputs.preluActivationWeights as Value], value.shape);
  const operation = ACTIVATIONS[activation] ?? refuse(`one of ${Object.keys(ACTIVATIONS).join(', ')}`, activation);
  return graph.add(operation, [value], value.shape);
}

const channelsFirst = (graph: Graph, value: Value): Value => transpose(graph, value, [0, 3, 1, 2]);
const channelsLast = (graph: Graph, value: Value): Value => transpose(graph, value, [0, 2, 3, 1]);

type Filter = [number, number, number, number];

function checkLayout({ attributes, refuse }: KernelCall): void {
  if (attributes.dataFormat === 'NCHW') refuse('channels last (NHWC)', 'NCHW', 'Transpose the input.');
}

const window = (info: tf.backend_util.Conv2DInfo) => ({
  strides: [info.strideHeight, info.strideWidth],
  pads: [info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right],
});

function convolution(call: KernelCall, x: Value, filter: Value, depthwise: boolean): Value {
  checkLayout(call);
  const { graph, attributes: a } = call;
  const [height, width, inputs, outputs] = filter.shape as Filter;
  const info = tf.backend_util.computeConv2DInfo(
    [...x.shape] as Filter,
    [...filter.shape] as Filter,
    a.strides,
    a.dilations ?? 1,
    a.pad,
    a.dimRoundingMode,
    depthwise,
  );
  const [batch, rows, columns, channels] = info.outShape;
  const kernel = depthwise
    ? reshape(graph, transpose(graph, filter, [2, 3, 0, 1]), [inputs * outputs, 1, height, width])
    : transpose(graph, filter, [3, 2, 0, 1]);
  const output = graph.add('Conv', [channelsFirst(graph, x), kernel], [batch, channels, rows, columns], {
    attributes: {
      ...window(info),
      dilations: [info.dilationHeight, info.dilationWidth],
      group: depthwise ? inputs : 1,
      kernel_shape: [height, width],
    },
  });
  return channelsLast(graph, output);
}

const fused =
  (depthwise: boolean): RecordedKernel =>
  (call) => {
    const { graph, inputs } = call;
    const output = convolution(call, inputs.x as Value, inputs.filter as Value, depthwise);
    const { bias } = inputs;
    return activated(call, bias ? graph.add('Add', [output, bias], broadcast(output, bias)) : output);
  };

const pooling =
  (operation: 'MaxPool' | 'AveragePool'): RecordedKernel =>
  (call) => {
    const { graph, inputs, attributes: a } = call;
    const x = inputs.x as Value;
    const info = tf.backend_util.computePool2DInfo(
      [...x.shape] as Filter,
      a.filterSize,
      a.strides,
      1,
      a.pad,
      a.dimRoundingMode,
    );
    const [batch, rows, columns, channels] = info.outShape;
    const output = graph.add(operation, [channelsFirst(graph, x)], [batch, channels, rows, columns], {
      attributes: { ...window(info), kernel_shape: [info.filterHeight, info.filterWidth] },
    });
    return channelsLast(graph, output);
  };

export const products: Readonly<Record<string, RecordedKernel>> = {
  BatchMatMul: ({ graph, inputs: { a, b }, attributes }) => product(graph, a as Value, b as Value, attributes),
  _FusedMatMul: (call) => {
    const { graph, inputs, attributes } = call;
    return activated(call, product(graph, inputs.a as Value, inputs.b as Value, attributes, inputs.bias));
  },
  Conv2D: (call) => convolution(call, call.inputs.x as Value, call.inputs.filter as Value, false),
  FusedConv2D: fused(false),
  DepthwiseConv2dNative: (call) => convolution(call, call.inputs.x as Value, call.inputs.filter as Value, true),
  FusedDepthwiseConv2D: fused(true),
  Conv2DBackpropInput: (call) => {
    checkLayout(call);
    const { graph, inputs, attributes: a } = call;
    const { dy, filter } = inputs as { dy: Value; filter: Value };
    const [filterHeight, filterWidth] = filter.shape as Filter;
    const info = tf.backend_util.computeConv2DInfo(
      a.inputShape,
      [...filter.shape] as Filter,
      a.strides,
      1,
      a.pad,
      a.dimRoundingMode,
      false,
    );
    const [batch, height, width, channels] = a.inputShape;
    const { top, left, bottom, right } = info.padInfo;
    // Rows and columns that no window reaches: the strides do not divide the input.
    const missing = [
      height - ((info.outHeight - 1) * info.strideHeight + filterHeight - top - bottom),
      width - ((info.outWidth - 1) * info.strideWidth + filterWidth - left - right),
    ];
    const kernel = transpose(graph, filter, [3, 2, 0, 1]);
    const output = graph.add('ConvTranspose', [channelsFirst(graph, dy), kernel], [batch, channels, height, width], {
      attributes: {
        ...window(info),
        group: 1,
        kernel_shape: [filterHeight, filterWidth],
        output_padding: missing,
      },
    });
    return channelsLast(graph, output);
  },
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AveragePool'),
  ResizeBilinear: ({ graph, inputs, attributes: { size, alignCorners, halfPixelCenters } }) => {
    const images = inputs.images as Value;
    const [batch, , , channels] = images.shape as Filter;
    const shape = [batch, channels, ...size];
    const mode = alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric';
    const inputsOfResize = [channelsFirst(graph, images), graph.absent('float32'), graph.absent('float32')];
    const output = graph.add('Resize', [...inputsOfResize, graph.shapeValue(shape)], shape, {
      attributes: { mode: 'linear', coordinate_transformation_mode: mode },
    });
    return channelsLast(graph, output);
  },
};
