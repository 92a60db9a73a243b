// Convolutions and pooling. ONNX keeps channels first, TensorFlow.js last.
import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.ts';
import { depthwiseFilterGradient } from './depthwise-gradient.ts';
import { activated, broadcast, type KernelCall, type RecordedKernel, reshape, slice, transpose } from './kernel.ts';
import { attributesOf, channelsFirst, channelsLast, checkLayout, type Shape4, windowOf } from './window.ts';

type Shape5 = [number, number, number, number, number];

const bias1d = (bias: Value | undefined, channels: number): bias is Value =>
  bias?.shape.length === 1 && bias.shape[0] === channels;

/** With the bias and the activation of fused kernels, before channels are moved back, since runtimes fuse them. */
function convolution(call: KernelCall, kind: 'plain' | 'depthwise' | 'volume'): Value {
  checkLayout(call);
  const { graph, attributes: a } = call;
  const { x, filter, bias } = call.inputs as { x: Value; filter: Value; bias?: Value };
  const window = windowOf(
    call,
    kind === 'volume'
      ? tf.backend_util.computeConv3DInfo(
          [...x.shape] as Shape5,
          [...filter.shape] as Shape5,
          a.strides,
          a.dilations ?? 1,
          a.pad,
        )
      : tf.backend_util.computeConv2DInfo(
          [...x.shape] as Shape4,
          [...filter.shape] as Shape4,
          a.strides,
          a.dilations ?? 1,
          a.pad,
          a.dimRoundingMode,
          kind === 'depthwise',
        ),
  );
  const rank = filter.shape.length;
  const spatial = [...filter.shape.keys()].slice(0, -2);
  const kernel =
    kind === 'depthwise'
      ? filterFirst(graph, filter, kind)
      : transpose(graph, filter, [rank - 1, rank - 2, ...spatial]);
  const channels = window.shape[1] as number;
  const inside = bias1d(bias, channels);
  const output = graph.add('Conv', [channelsFirst(graph, x), kernel, ...(inside ? [bias] : [])], window.shape, {
    attributes: { ...attributesOf(window), group: kind === 'depthwise' ? (filter.shape[2] as number) : 1 },
  });
  if ((inside || !bias) && a.activation !== 'prelu') return channelsLast(graph, activated(call, output));
  const last = channelsLast(graph, output);
  return activated(call, bias && !inside ? graph.add('Add', [last, bias], broadcast(last, bias)) : last);
}

/** Channels of each filter, its outputs first, as ONNX has them: those of a depthwise filter are one group each. */
const filterFirst = (graph: Graph, filter: Value, kind: 'plain' | 'depthwise'): Value => {
  const [height, width, inputs, outputs] = filter.shape as Shape4;
  if (kind === 'plain') return transpose(graph, filter, [3, 2, 0, 1]);
  return reshape(graph, transpose(graph, filter, [2, 3, 0, 1]), [inputs * outputs, 1, height, width]);
};

function inputGradient(call: KernelCall, kind: 'plain' | 'depthwise'): Value {
  checkLayout(call);
  const { graph, inputs, attributes: a } = call;
  const { dy, filter } = inputs as { dy: Value; filter: Value };
  const isDepthwise = kind === 'depthwise';
  const window = windowOf(
    call,
    tf.backend_util.computeConv2DInfo(
      a.inputShape,
      [...filter.shape] as Shape4,
      a.strides,
      isDepthwise ? a.dilations : 1,
      a.pad,
      a.dimRoundingMode,
      isDepthwise,
    ),
  );
  const { sizes, strides, dilations, before, after, shape } = window;
  const [batch, height, width, channels] = a.inputShape as Shape4;
  // Rows and columns that no window reaches: the strides do not divide the input.
  const missing = [height, width].map(
    (size, i) =>
      size -
      (((shape[i + 2] as number) - 1) * (strides[i] as number) +
        ((sizes[i] as number) - 1) * (dilations[i] as number) +
        1 -
        (before[i] as number) -
        (after[i] as number)),
  );
  const output = graph.add(
    'ConvTranspose',
    [channelsFirst(graph, dy), filterFirst(graph, filter, kind)],
    [batch, channels, height, width],
    { attributes: { ...attributesOf(window), group: isDepthwise ? channels : 1, output_padding: missing } },
  );
  return channelsLast(graph, output);
}

const pooling =
  (operation: 'MaxPool' | 'AveragePool', volume = false): RecordedKernel =>
  (call) => {
    checkLayout(call);
    const { graph, inputs, attributes: a } = call;
    const x = inputs.x as Value;
    const window = windowOf(
      call,
      volume
        ? tf.backend_util.computePool3DInfo(
            [...x.shape] as Shape5,
            a.filterSize,
            a.strides,
            1,
            a.pad,
            a.dimRoundingMode,
          )
        : tf.backend_util.computePool2DInfo(
            [...x.shape] as Shape4,
            a.filterSize,
            a.strides,
            1,
            a.pad,
            a.dimRoundingMode,
          ),
    );
    if (window.sizes.some((size, i) => Math.max(window.before[i] as number, window.after[i] as number) >= size))
      call.refuse(
        'padding smaller than the window',
        `[${window.before}] and [${window.after}]`,
        'Pad the input first.',
      );
    const { dilations: _, ...attributes } = attributesOf(window);
    return channelsLast(graph, graph.add(operation, [channelsFirst(graph, x)], window.shape, { attributes }));
  };

export const convolutions: Readonly<Record<string, RecordedKernel>> = {
  Conv2D: (call) => convolution(call, 'plain'),
  FusedConv2D: (call) => convolution(call, 'plain'),
  DepthwiseConv2dNative: (call) => convolution(call, 'depthwise'),
  FusedDepthwiseConv2D: (call) => convolution(call, 'depthwise'),
  Conv3D: (call) => convolution(call, 'volume'),
  Conv2DBackpropInput: (call) => inputGradient(call, 'plain'),
  DepthwiseConv2dNativeBackpropInput: (call) => inputGradient(call, 'depthwise'),
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  Conv2DBackpropFilter: (call) => {
    checkLayout(call);
    const { graph, inputs, attributes: a } = call;
    const { x, dy } = inputs as { x: Value; dy: Value };
    const filterShape = a.filterShape as Shape4;
    const window = windowOf(
      call,
      tf.backend_util.computeConv2DInfo([...x.shape] as Shape4, filterShape, a.strides, 1, a.pad, a.dimRoundingMode),
    );
    // The input is convolved with the gradient, whose steps are the strides; images take the place of channels.
    const [image, kernel] = [transpose(graph, x, [3, 0, 1, 2]), transpose(graph, dy, [3, 0, 1, 2])];
    const [height, width, channels, filters] = filterShape;
    const reach = (axis: number) =>
      (image.shape[axis + 2] as number) +
      (window.before[axis] as number) +
      (window.after[axis] as number) -
      ((kernel.shape[axis + 2] as number) - 1) * (window.strides[axis] as number);
    const whole = graph.add('Conv', [image, kernel], [channels, filters, reach(0), reach(1)], {
      attributes: {
        kernel_shape: kernel.shape.slice(2),
        strides: [1, 1],
        dilations: window.strides,
        pads: [...window.before, ...window.after],
        group: 1,
      },
    });
    // More than the filter's size where the strides do not divide the input.
    const part = slice(graph, whole, [0, 0, 0, 0], [channels, filters, height, width]);
    return transpose(graph, part, [2, 3, 0, 1]);
  },
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AveragePool'),
  MaxPool3D: pooling('MaxPool', true),
  AvgPool3D: pooling('AveragePool', true),
};
