// Matrix products with 8-bit integers: weights with one scale per column, activations with one scale per row, found at run time.
// A scale per row depends on that row only, so that a result does not depend on what else is in the batch.
import type { Encoder } from './encode.ts';
import type { Node, Value } from './graph.ts';

/** Products with fewer weights stay in float32. */
const SMALL = 4096;

/** A float32 product with a weight matrix as second factor. */
export function isQuantizable({ operation, inputs, attributes }: Node): boolean {
  const [x, weights] = inputs as [Value, Value];
  return (
    (operation === 'MatMul' || operation === 'Gemm') &&
    !attributes.transA &&
    !attributes.transB &&
    x.type === 'float32' &&
    x.source.kind !== 'parameter' &&
    x.source.kind !== 'constant' &&
    weights.source.kind === 'parameter' &&
    weights.shape.length === 2 &&
    (weights.shape[0] as number) * (weights.shape[1] as number) >= SMALL
  );
}

/** Symmetric 8-bit weights [K, N] and the scale of each column. */
export function quantizeColumns(weights: Float32Array, [rows, columns]: readonly [number, number]) {
  const scales = new Float32Array(columns);
  for (let i = 0; i < weights.length; i++) {
    const size = Math.abs(weights[i] as number);
    if (size > (scales[i % columns] as number)) scales[i % columns] = size;
  }
  for (let j = 0; j < columns; j++) scales[j] = (scales[j] as number) / 127 || 1;
  const values = new Int8Array(rows * columns);
  for (let i = 0; i < weights.length; i++)
    values[i] = Math.round((weights[i] as number) / (scales[i % columns] as number));
  return { values, scales };
}

const FLOAT = 1;

/** Emits one product: quantize rows, multiply integers, scale back, add the bias. */
export async function quantizedProduct(encoder: Encoder, node: Node): Promise<void> {
  const [x, weights, bias] = node.inputs as [Value, Value, Value?];
  const width = x.shape.at(-1) as number;
  const constant = async (name: string, value: Float32Array | Uint8Array | BigInt64Array, shape: number[]) =>
    encoder.initializer(
      name,
      shape,
      value instanceof Float32Array ? 'float32' : value instanceof Uint8Array ? 'uint8' : 'int64',
      async () => value,
    );
  const input = await encoder.name(x);
  const axis = await constant('axis', BigInt64Array.of(1n), [1]);
  const zero = await constant('zero', Uint8Array.of(128), []);
  const matrix = await constant('matrix', BigInt64Array.of(-1n, BigInt(width)), [2]);
  const column = await constant('column', BigInt64Array.of(-1n, 1n), [2]);
  const inverse = await constant('inverse', Float32Array.of(1 / 127), []);
  const smallest = await constant('smallest', Float32Array.of(1e-12), []);
  const [quantized, scales] = encoder.quantizedRows(x, () => {
    const rows = encoder.node('Reshape', [input, matrix]);
    const largest = encoder.node('ReduceMax', [encoder.node('Abs', [rows]), axis], { attributes: { keepdims: 0 } });
    const scale = encoder.node('Max', [encoder.node('Mul', [largest, inverse]), smallest]);
    const zeros = encoder.node('Expand', [zero, encoder.node('Shape', [scale])]);
    const values = encoder.node('QuantizeLinear', [rows, scale, zeros], { attributes: { axis: 0 } });
    return [values, encoder.node('Reshape', [scale, column])];
  });
  const [weightValues, weightScales] = await encoder.quantizedWeight(weights);
  const integers = encoder.node('MatMulInteger', [quantized, weightValues, zero]);
  const floats = encoder.node('Cast', [integers], { attributes: { to: FLOAT } });
  let output = encoder.node('Mul', [encoder.node('Mul', [floats, weightScales]), scales]);
  if (bias) output = encoder.node('Add', [output, await encoder.name(bias)]);
  const target = await encoder.name(encoder.graph.reshapeTarget(node.output.shape));
  encoder.node('Reshape', [output, target], { output: await encoder.name(node.output) });
}
