// The gradient of the filter of a depthwise convolution.
import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.ts';
import { type RecordedKernel, reshape, slice, transpose } from './kernel.ts';
import { channelsFirst, checkLayout, type Shape4, type Window, windowOf } from './window.ts';

/** Most pixels that one convolution sums: runtimes may add them one after the other in single precision. */
const LONGEST_SUM = 1024;

/** What the gradient of a depthwise filter is computed from. */
interface Sweep {
  readonly x: Value;
  readonly dy: Value;
  readonly filter: Shape4;
  readonly info: tf.backend_util.Conv2DInfo;
  readonly window: Window;
}

/**
 * Every channel of every image is convolved with its own gradient, whose steps are the strides. Large images are cut into strips of rows,
 * so that sums stay short.
 */
function byConvolutions(graph: Graph, { x, dy, filter, info, window }: Sweep): Value {
  const [height, width, channels, multiplier] = filter;
  const { strides, dilations, before } = window;
  const [batch, inHeight, inWidth] = x.shape as Shape4;
  const groups = batch * channels;
  const image = reshape(graph, channelsFirst(graph, x), [1, groups, inHeight, inWidth]);
  const gradient = reshape(graph, channelsFirst(graph, dy), [groups * multiplier, 1, info.outHeight, info.outWidth]);
  /** The part of an axis of the input that outputs `from` to `to` see, and its padding. */
  const seen = (axis: 0 | 1, from: number, to: number) => {
    const [step, first] = [strides[axis] as number, before[axis] as number];
    const [low, size] = [from * step - first, axis === 0 ? inHeight : inWidth];
    const reach = ((axis === 0 ? height : width) - 1) * (dilations[axis] as number) + 1;
    const high = (to - 1) * step - first + reach;
    const [begin, end] = [Math.max(0, low), Math.min(size, high)];
    return { begin, length: end - begin, pads: [begin - low, high - end] as const };
  };
  const rows = Math.max(1, Math.floor(LONGEST_SUM / info.outWidth));
  const columns = seen(1, 0, info.outWidth);
  const strips = Array.from({ length: Math.ceil(info.outHeight / rows) }, (_, i) => {
    const [top, bottom] = [i * rows, Math.min(info.outHeight, (i + 1) * rows)];
    const { begin, length, pads } = seen(0, top, bottom);
    const part = slice(graph, image, [0, 0, begin, columns.begin], [1, groups, length, columns.length]);
    const kernel = slice(graph, gradient, [0, 0, top, 0], [groups * multiplier, 1, bottom - top, info.outWidth]);
    return graph.add('Conv', [part, kernel], [1, groups * multiplier, height, width], {
      attributes: {
        kernel_shape: kernel.shape.slice(2),
        strides: dilations,
        dilations: strides,
        pads: [pads[0], columns.pads[0], pads[1], columns.pads[1]],
        group: groups,
      },
    });
  });
  const sum = strips.reduce((total, strip) => graph.add('Add', [total, strip], total.shape));
  const each = reshape(graph, sum, [batch, channels, multiplier, height, width]);
  const all = graph.add('ReduceSum', [each, graph.int64([0])], each.shape.slice(1), { attributes: { keepdims: 0 } });
  return transpose(graph, all, [2, 3, 0, 1]);
}

/** Rows of a strip whose products are computed together, at most: all pairs of rows are multiplied, and few of the products are used. */
const TALLEST_STRIP = 32;

/** `size` in as few parts of at most `limit` as possible, of about equal length: [begin, end] of each. */
function partsOf(size: number, limit: number): [number, number][] {
  const count = Math.ceil(size / Math.max(1, limit));
  const length = Math.ceil(size / count);
  return Array.from({ length: Math.ceil(size / length) }, (_, i) => [i * length, Math.min(size, (i + 1) * length)]);
}

/**
 * Where every pixel is an output, matrix products take a third of the time of convolutions: rows of the image times rows of the gradient, for
 * each column of the filter; the products whose rows are as far apart as a row of the filter are summed.
 */
function byProducts(graph: Graph, { x, dy, filter: [height, width, channels], window }: Sweep): Value {
  const [batch, rows, columns] = dy.shape as Shape4;
  const { before, after } = window;
  const sizes = [channels, rows + height - 1, batch, columns + width - 1];
  // [C, rows, B, columns], by moving one axis and then another: runtimes take ten times as long to move both at once. The reshaping in between
  // keeps them from putting the two together.
  const rowsOfChannels = (value: Value): Value => {
    const [images, height, width] = value.shape as Shape4;
    const flat = reshape(graph, channelsFirst(graph, value), [images, channels * height, width]);
    return reshape(graph, transpose(graph, flat, [1, 0, 2]), [channels, height, images, width]);
  };
  const plain = rowsOfChannels(x);
  const gradient = rowsOfChannels(dy);
  const pads = graph.int64([0, ...[before[0], 0, before[1]], 0, ...[after[0], 0, after[1]]] as number[]);
  const isPadded = [...before, ...after].some((length) => length > 0);
  const image = isPadded ? graph.add('Pad', [plain, pads], sizes) : plain;
  const known = new Map<number, Value>();
  /** 1 where the rows of a pair are as far apart as a row of the filter, [pairs, height]. The same for all strips of a height. */
  const apart = (tall: number): Value => {
    const same = known.get(tall);
    if (same) return same;
    const pairs = (tall + height - 1) * tall;
    const chosen = Float32Array.from({ length: pairs * height }, (_, i) => {
      const [pair, row] = [Math.floor(i / height), i % height];
      return Math.floor(pair / tall) - (pair % tall) === row ? 1 : 0;
    });
    const value = graph.constant(chosen, [pairs, height], 'float32');
    known.set(tall, value);
    return value;
  };
  const taps = Array.from({ length: width }, (_, tap) => {
    const found: Value[] = [];
    for (const [top, bottom] of partsOf(rows, TALLEST_STRIP))
      for (const [first, last] of partsOf(batch, Math.floor(LONGEST_SUM / columns))) {
        const [tall, images] = [bottom - top, last - first];
        const seen = tall + height - 1;
        const part = slice(graph, image, [0, top, first, tap], [channels, seen, images, columns]);
        const strip = slice(graph, gradient, [0, top, first, 0], [channels, tall, images, columns]);
        const pairs = graph.add(
          'MatMul',
          [
            reshape(graph, part, [channels, seen, images * columns]),
            transpose(graph, reshape(graph, strip, [channels, tall, images * columns]), [0, 2, 1]),
          ],
          [channels, seen, tall],
        );
        const sums = [reshape(graph, pairs, [channels, seen * tall]), apart(tall)];
        found.push(graph.add('MatMul', sums, [channels, height]));
      }
    const sum = found.reduce((total, part) => graph.add('Add', [total, part], total.shape));
    return reshape(graph, sum, [channels, height, 1]);
  });
  const all = graph.add('Concat', taps, [channels, height, width], { attributes: { axis: 2 } });
  return reshape(graph, transpose(graph, all, [1, 2, 0]), [height, width, channels, 1]);
}

export const depthwiseFilterGradient: RecordedKernel = (call) => {
  checkLayout(call);
  const { graph, inputs, attributes: a } = call;
  const { x, dy } = inputs as { x: Value; dy: Value };
  const filter = a.filterShape as Shape4;
  const info = tf.backend_util.computeConv2DInfo(
    [...x.shape] as Shape4,
    filter,
    a.strides,
    a.dilations,
    a.pad,
    a.dimRoundingMode,
    true,
  );
  if (graph.dimensions.isSymbolic(x.shape[0] as number)) call.refuse('a batch of fixed size', 'a symbolic dimension');
  const window = windowOf(call, info);
  const isDense = [...window.strides, ...window.dilations, filter[3]].every((step) => step === 1);
  return (isDense ? byProducts : byConvolutions)(graph, { x, dy, filter, info, window });
};
