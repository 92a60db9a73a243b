// Kernels that resize, pad and rearrange images.
import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.ts';
import { type RecordedKernel, reshape, slice, transpose } from './kernel.ts';
import { channelsFirst, channelsLast } from './window.ts';

/** Elements along one axis, by indices that are known now. */
function pick(graph: Graph, value: Value, axis: number, indices: readonly number[]): Value {
  if (indices.length === value.shape[axis] && indices.every((index, i) => index === i)) return value;
  return graph.add('Gather', [value, graph.int64(indices)], value.shape.with(axis, indices.length), {
    attributes: { axis },
  });
}

/** For each output pixel the nearest input pixel, as TensorFlow.js rounds: ONNX has no mode that agrees in all cases. */
function nearest(from: number, to: number, alignCorners: boolean, halfPixelCenters: boolean): number[] {
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  return Array.from({ length: to }, (_, i) => {
    const place = scale * (halfPixelCenters ? i + 0.5 : i);
    const index = Math.min(from - 1, alignCorners ? Math.round(place) : Math.floor(place));
    return halfPixelCenters ? Math.max(0, index) : index;
  });
}

/** The places that mirrored padding reads, which may repeat the edge (`symmetric`) or not (`reflect`). */
const mirrored = (size: number, [before, after]: readonly [number, number], repeat: number): number[] =>
  Array.from({ length: before + size + after }, (_, i) => {
    const place = i - before;
    if (place < 0) return -place - repeat;
    return place < size ? place : 2 * (size - 1) - place + repeat;
  });

export const images: Readonly<Record<string, RecordedKernel>> = {
  ResizeBilinear: ({ graph, inputs, attributes: { size, alignCorners, halfPixelCenters } }) => {
    const images = inputs.images as Value;
    const [batch, , , channels] = images.shape as [number, number, number, number];
    const shape = [batch, channels, ...size];
    const mode = alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric';
    const inputsOfResize = [channelsFirst(graph, images), graph.absent('float32'), graph.absent('float32')];
    const output = graph.add('Resize', [...inputsOfResize, graph.shapeValue(shape)], shape, {
      attributes: { mode: 'linear', coordinate_transformation_mode: mode },
    });
    return channelsLast(graph, output);
  },
  ResizeNearestNeighbor: ({ graph, inputs, attributes: { size, alignCorners, halfPixelCenters } }) => {
    const images = inputs.images as Value;
    return [1, 2].reduce(
      (value, axis) =>
        pick(graph, value, axis, nearest(value.shape[axis] as number, size[axis - 1], alignCorners, halfPixelCenters)),
      images,
    );
  },
  MirrorPad: ({ graph, inputs, attributes: { paddings, mode } }) => {
    const repeat = mode === 'reflect' ? 0 : 1;
    return (paddings as [number, number][]).reduce(
      (value, padding, axis) => pick(graph, value, axis, mirrored(value.shape[axis] as number, padding, repeat)),
      inputs.x as Value,
    );
  },
  DepthToSpace: ({ graph, inputs, attributes: { blockSize, dataFormat }, refuse }) => {
    if (dataFormat !== 'NHWC') refuse('channels last (NHWC)', dataFormat, 'Transpose the input.');
    const x = inputs.x as Value;
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const depth = channels / blockSize ** 2;
    const blocks = reshape(graph, x, [batch, height, width, blockSize, blockSize, depth]);
    const moved = transpose(graph, blocks, [0, 1, 3, 2, 4, 5]);
    return reshape(graph, moved, [batch, height * blockSize, width * blockSize, depth]);
  },
  SpaceToBatchND: ({ graph, inputs, attributes: { blockShape, paddings } }) => {
    const x = inputs.x as Value;
    const blocks: number = tf.util.sizeFromShape(blockShape);
    const pads = x.shape.map((_, i) => (paddings[i - 1] ?? [0, 0]) as [number, number]);
    const shape = x.shape.map((size, i) => size + (pads[i]?.[0] as number) + (pads[i]?.[1] as number));
    const amounts = graph.int64([...pads.map(([before]) => before), ...pads.map(([, after]) => after)]);
    const padded = shape.every((size, i) => size === x.shape[i])
      ? x
      : graph.add('Pad', [x, amounts], shape, { attributes: { mode: 'constant' } });
    const { getReshaped, getPermuted, getReshapedPermuted } = tf.backend_util;
    const parts = reshape(graph, padded, getReshaped(shape, blockShape, blocks, false));
    const moved = transpose(graph, parts, getPermuted(parts.shape.length, blockShape.length, false));
    return reshape(graph, moved, getReshapedPermuted(shape, blockShape, blocks, false));
  },
  BatchToSpaceND: ({ graph, inputs, attributes: { blockShape, crops } }) => {
    const x = inputs.x as Value;
    const shape = [...x.shape];
    const blocks: number = tf.util.sizeFromShape(blockShape);
    const { getReshaped, getPermuted, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = tf.backend_util;
    const parts = reshape(graph, x, getReshaped(shape, blockShape, blocks));
    const moved = transpose(graph, parts, getPermuted(parts.shape.length, blockShape.length));
    const whole = reshape(graph, moved, getReshapedPermuted(shape, blockShape, blocks));
    const [begin, size] = tf.slice_util.parseSliceParams(
      whole as unknown as tf.TensorInfo,
      getSliceBeginCoords(crops, blockShape.length),
      getSliceSize([...whole.shape], crops, blockShape.length),
    );
    return slice(graph, whole, begin as number[], size as number[]);
  },
};
