// How PyTorch lays numbers out, and how our operations want them.
import { sizeOf, type TensorValue } from './tensor-file.ts';

export type Layout = 'same' | 'linear' | 'patch' | 'transposed-convolution' | 'depthwise' | 'squeeze-leading';

/** Reorders axes: `out` axis k is `in` axis `order[k]`. */
function permute({ shape, data }: TensorValue, order: readonly number[]): TensorValue {
  const outShape = order.map((axis) => shape[axis] as number);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const steps = order.map((axis) => strides[axis] as number);
  const out = new Float32Array(data.length);
  const index = outShape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] as number;
    for (let axis = outShape.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (outShape[axis] as number)) break;
      from -= (steps[axis] as number) * (outShape[axis] as number);
      index[axis] = 0;
    }
  }
  return { shape: outShape, data: out };
}

const reshape = (value: TensorValue, shape: readonly number[]): TensorValue => ({ shape, data: value.data });

/** PyTorch → ours. */
export function toOurs(value: TensorValue, layout: Layout): TensorValue {
  const { shape } = value;
  if (layout === 'linear') return permute(value, [1, 0]); // [out, in] → [in, out]
  if (layout === 'depthwise') return permute(value, [2, 3, 0, 1]); // [C, 1, 3, 3] → [3, 3, C, 1]
  if (layout === 'patch') {
    const [out, ...rest] = shape as [number, ...number[]];
    return reshape(permute(value, [2, 3, 1, 0]), [sizeOf(rest), out]); // [out, C, kh, kw] → [kh·kw·C, out]
  }
  if (layout === 'transposed-convolution') {
    const [inputs, ...rest] = shape as [number, ...number[]];
    return reshape(permute(value, [0, 2, 3, 1]), [inputs, sizeOf(rest)]); // [in, out, 2, 2] → [in, 2·2·out]
  }
  if (layout === 'squeeze-leading') return reshape(value, shape.slice(shape.findIndex((n) => n !== 1)));
  return value;
}
