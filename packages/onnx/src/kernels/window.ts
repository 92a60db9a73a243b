// Windows that slide over images and volumes. ONNX keeps channels first, TensorFlow.js last.
import type * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.ts';
import { type KernelCall, transpose } from './kernel.ts';

export type Shape4 = [number, number, number, number];

/** From `[batch, …, channels]`. */
export const channelsFirst = (graph: Graph, value: Value): Value =>
  transpose(graph, value, [0, value.shape.length - 1, ...[...value.shape.keys()].slice(1, -1)]);

/** From `[batch, channels, …]`. */
export const channelsLast = (graph: Graph, value: Value): Value =>
  transpose(graph, value, [0, ...[...value.shape.keys()].slice(2), 1]);

/** Where a window goes, one number per spatial axis. */
export interface Window {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** `[batch, channels, …]`. */
  readonly shape: readonly number[];
}

export function windowOf(
  { refuse }: KernelCall,
  info: tf.backend_util.Conv2DInfo | tf.backend_util.Conv3DInfo,
): Window {
  const deep = 'outDepth' in info ? info : undefined;
  const { padInfo } = info;
  const front = 'front' in padInfo ? padInfo : undefined;
  const axes = (depth: number | undefined, height: number, width: number) =>
    depth === undefined ? [height, width] : [depth, height, width];
  const inputs = axes(deep?.inDepth, info.inHeight, info.inWidth);
  const sizes = axes(deep?.filterDepth, info.filterHeight, info.filterWidth);
  const strides = axes(deep?.strideDepth, info.strideHeight, info.strideWidth);
  const dilations = axes(deep?.dilationDepth, info.dilationHeight, info.dilationWidth);
  const before = axes(front?.front, padInfo.top, padInfo.left);
  // Volumes whose strides exceed their window: TensorFlow.js reads them with an offset.
  if (before.some((padding) => padding < 0))
    refuse('padding of at least 0', `[${before}]`, "Use strides no larger than the window, or padding 'valid'.");
  const outputs = axes(deep?.outDepth, info.outHeight, info.outWidth);
  const after = axes(front?.back, padInfo.bottom, padInfo.right).map((padding, i) => {
    const reach =
      ((outputs[i] as number) - 1) * (strides[i] as number) + ((sizes[i] as number) - 1) * (dilations[i] as number) + 1;
    // A last window that begins inside and ends outside: `dimRoundingMode: 'ceil'`.
    return Math.max(padding, reach - (inputs[i] as number) - (before[i] as number));
  });
  return { sizes, strides, dilations, before, after, shape: [info.batchSize, info.outChannels, ...outputs] };
}

export const attributesOf = ({ sizes, strides, dilations, before, after }: Window) => ({
  kernel_shape: sizes,
  strides,
  dilations,
  pads: [...before, ...after],
});

export function checkLayout({ attributes, refuse }: KernelCall): void {
  if (attributes.dataFormat === 'NCHW' || attributes.dataFormat === 'NCDHW')
    refuse('channels last (NHWC)', attributes.dataFormat, 'Transpose the input.');
}
