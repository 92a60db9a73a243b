// The layouts of PyTorch and of our operations: rearrangements of axes, each with its inverse.
import { sizeOf } from '../dtypes/dtype.ts';
import type { TensorValue } from '../tensor-file.ts';

export type Layout = 'same' | 'linear' | 'patch' | 'transposed-convolution' | 'depthwise' | 'squeeze-leading';

type Shape = readonly number[];

/** A rearrangement: split axes, reorder them, merge axes. */
interface Rearrangement {
  /** The shape with axes split; undefined if it does not fit. */
  readonly split: (shape: Shape) => Shape | undefined;
  readonly order: readonly number[];
  readonly merge: (shape: Shape) => Shape;
}

interface Rule {
  readonly toParameter: Rearrangement;
  readonly toFile: Rearrangement;
}

const keep = (shape: Shape): Shape => shape;
const ofRank = (rank: number) => (shape: Shape) => (shape.length === rank ? shape : undefined);

const IMAGE_CHANNELS = 3;

/** [side·side·channels, out] → [side, side, channels, out]: image patches are square and have three channels. */
function splitPatch([rows, out, ...rest]: Shape): Shape | undefined {
  const side = Math.sqrt((rows ?? 0) / IMAGE_CHANNELS);
  return Number.isInteger(side) && out !== undefined && rest.length === 0
    ? [side, side, IMAGE_CHANNELS, out]
    : undefined;
}

/** [in, 2·2·out] → [in, 2, 2, out]: the kernels double width and height. */
const splitDoubling = ([inputs, columns, ...rest]: Shape): Shape | undefined =>
  inputs !== undefined && columns !== undefined && columns % 4 === 0 && rest.length === 0
    ? [inputs, 2, 2, columns / 4]
    : undefined;

const RULES: Readonly<Record<Exclude<Layout, 'same' | 'squeeze-leading'>, Rule>> = {
  // [out, in] ↔ [in, out]
  linear: {
    toParameter: { split: ofRank(2), order: [1, 0], merge: keep },
    toFile: { split: ofRank(2), order: [1, 0], merge: keep },
  },
  // [C, 1, 3, 3] ↔ [3, 3, C, 1]
  depthwise: {
    toParameter: { split: ofRank(4), order: [2, 3, 0, 1], merge: keep },
    toFile: { split: ofRank(4), order: [2, 3, 0, 1], merge: keep },
  },
  // [out, C, kh, kw] ↔ [kh·kw·C, out]
  patch: {
    toParameter: {
      split: ofRank(4),
      order: [2, 3, 1, 0],
      merge: ([a, b, c, out]) => [sizeOf([a, b, c] as Shape), out as number],
    },
    toFile: { split: splitPatch, order: [3, 2, 0, 1], merge: keep },
  },
  // [in, out, 2, 2] ↔ [in, 2·2·out]
  'transposed-convolution': {
    toParameter: {
      split: ofRank(4),
      order: [0, 2, 3, 1],
      merge: ([inputs, ...rest]) => [inputs as number, sizeOf(rest)],
    },
    toFile: { split: splitDoubling, order: [0, 3, 1, 2], merge: keep },
  },
};

/** Reorders axes: axis k of the result is axis `order[k]` of the value. */
function permute(data: Float32Array, shape: Shape, order: readonly number[]): Float32Array {
  const lengths = order.map((axis) => shape[axis] as number);
  const steps = order.map((axis) => sizeOf(shape.slice(axis + 1)));
  const out = new Float32Array(data.length);
  const index = lengths.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] as number;
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (lengths[axis] as number)) break;
      from -= (steps[axis] as number) * (lengths[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
}

const rearrangement = (layout: Exclude<Layout, 'same' | 'squeeze-leading'>, inverse: boolean): Rearrangement =>
  RULES[layout][inverse ? 'toFile' : 'toParameter'];

/** [1, 1, n] → [n] and [1, m, n] → [m, n]; back to rank 3. */
const squeezed = (shape: Shape, inverse: boolean): Shape =>
  inverse
    ? [...Array<number>(Math.max(0, 3 - shape.length)).fill(1), ...shape]
    : shape.slice(shape.findIndex((n) => n !== 1));

/** The shape of a parameter whose tensor has a shape and layout, or the inverse; undefined if the layout does not apply to it. */
export function shapeIn(layout: Layout, shape: Shape, inverse = false): Shape | undefined {
  if (layout === 'same') return shape;
  if (layout === 'squeeze-leading') return squeezed(shape, inverse);
  const { split, order, merge } = rearrangement(layout, inverse);
  const axes = split(shape);
  return axes && merge(order.map((axis) => axes[axis] as number));
}

/** Rearranges a value whose shape fits: from the layout of the file to that of the parameter, or back. */
export function rearrange({ shape, data }: TensorValue, layout: Layout, inverse = false): TensorValue {
  const result = shapeIn(layout, shape, inverse) as Shape;
  if (layout === 'same' || layout === 'squeeze-leading') return { shape: result, data };
  const { split, order } = rearrangement(layout, inverse);
  return { shape: result, data: permute(data, split(shape) as Shape, order) };
}
