// Matrix products with 8-bit integers: weights with one scale per column, activations with a scale and a zero point per row, found at run time.
// Both depend on that row only, so that a result does not depend on what else is in the batch.
import type { Encoder } from './encoder.ts';
import { OnnxError } from './errors.ts';
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

/** Sum of each column of [K, N] integers. */
function sumColumns(values: Int8Array, columns: number): Int32Array {
  const sums = new Int32Array(columns);
  for (let i = 0; i < values.length; i++) sums[i % columns] = (sums[i % columns] as number) + (values[i] as number);
  return sums;
}

/** Types of ONNX, for casts. */
const [FLOAT, UINT8, INT32] = [1, 2, 6] as const;

/** Parts of a quantized matrix, by the names that they have in the file. */
interface QuantizedRows {
  readonly values: string;
  /** [M, 1] */
  readonly scales: string;
  /** [M, 1], integers. */
  readonly zeros: string;
}

interface QuantizedColumns {
  readonly values: string;
  /** [N] */
  readonly scales: string;
  /** [N], sums of the integers. */
  readonly sums: string;
}

/** Emits products with 8-bit integers; what several of them share is made once. */
export class Quantizer {
  readonly #weights = new Map<Value, Promise<QuantizedColumns>>();
  readonly #rows = new Map<Value, QuantizedRows>();

  constructor(readonly encoder: Encoder) {}

  /** Emits one product: quantize rows, multiply integers, subtract what the zero points added, scale back, add the bias. */
  async product({ inputs, output }: Node): Promise<void> {
    const { encoder } = this;
    const [x, weights, bias] = inputs as [Value, Value, Value?];
    const rows = this.#rows.get(x) ?? (await this.#quantizeRows(x));
    const known = this.#weights.get(weights) ?? this.#quantizeWeights(weights);
    this.#weights.set(weights, known);
    const columns = await known;
    const product = encoder.node('MatMulInteger', [rows.values, columns.values]);
    const integers = encoder.node('Sub', [product, encoder.node('Mul', [rows.zeros, columns.sums])]);
    const floats = encoder.node('Cast', [integers], { attributes: { to: FLOAT } });
    let result = encoder.node('Mul', [encoder.node('Mul', [floats, columns.scales]), rows.scales]);
    if (bias) result = encoder.node('Add', [result, await encoder.name(bias)]);
    encoder.node('Reshape', [result, await this.#targetOf(output, x)], { output: await encoder.name(output) });
  }

  /** The shape of a product of `x`, which is known only when the graph runs if several of its sizes are symbolic. */
  async #targetOf({ shape }: Value, x: Value): Promise<string> {
    const { encoder } = this;
    const { dimensions } = encoder.graph;
    if (shape.filter(dimensions.isSymbolic).length < 2) return encoder.name(encoder.graph.reshapeTarget(shape));
    const outer = encoder.node('Shape', [await encoder.name(x)], { attributes: { end: -1 } });
    const columns = await this.#constant('columns', BigInt64Array.of(BigInt(shape.at(-1) as number)));
    return encoder.node('Concat', [outer, columns], { attributes: { axis: 0 } });
  }

  /** The range of each row includes zero, so that zero stays exact. */
  async #quantizeRows(x: Value): Promise<QuantizedRows> {
    const { encoder } = this;
    const flat = BigInt64Array.of(-1n, BigInt(x.shape.at(-1) as number));
    const rows = encoder.node('Reshape', [await encoder.name(x), await this.#constant('matrix', flat)]);
    const axis = await this.#constant('axis', BigInt64Array.of(1n));
    const none = await this.#constant('none', Float32Array.of(0));
    const bound = (reduce: 'ReduceMax' | 'ReduceMin', limit: 'Max' | 'Min') =>
      encoder.node(limit, [encoder.node(reduce, [rows, axis], { attributes: { keepdims: 0 } }), none]);
    const [high, low] = [bound('ReduceMax', 'Max'), bound('ReduceMin', 'Min')];
    const step = await this.#constant('step', Float32Array.of(1 / 255));
    const range = encoder.node('Mul', [encoder.node('Sub', [high, low]), step]);
    const scale = encoder.node('Max', [range, await this.#constant('smallest', Float32Array.of(1e-12))]);
    const zero = encoder.node('Round', [encoder.node('Neg', [encoder.node('Div', [low, scale])])]);
    const bytes = encoder.node('Cast', [zero], { attributes: { to: UINT8 } });
    const values = encoder.node('QuantizeLinear', [rows, scale, bytes], { attributes: { axis: 0 } });
    const column = await this.#constant('column', BigInt64Array.of(-1n, 1n));
    const asColumn = (name: string) => encoder.node('Reshape', [name, column]);
    const zeros = asColumn(encoder.node('Cast', [zero], { attributes: { to: INT32 } }));
    const quantized = { values, scales: asColumn(scale), zeros };
    this.#rows.set(x, quantized);
    return quantized;
  }

  async #quantizeWeights({ source, shape }: Value): Promise<QuantizedColumns> {
    if (source.kind !== 'parameter')
      throw new OnnxError('onnx/encode', `int8: expected a parameter, got a ${source.kind}.`);
    // Computed again for each part rather than kept: one tensor at a time is in memory.
    const quantize = async () => quantizeColumns((await source.read()) as Float32Array, shape as [number, number]);
    const base = source.name || 'c';
    const columns = shape.slice(1);
    const sums = async () => sumColumns((await quantize()).values, shape[1] as number);
    return {
      values: await this.encoder.initializer(`${base}.int8`, shape, 'int8', async () => (await quantize()).values),
      scales: await this.encoder.initializer(
        `${base}.scale`,
        columns,
        'float32',
        async () => (await quantize()).scales,
      ),
      sums: await this.encoder.initializer(`${base}.sum`, columns, 'int32', sums),
    };
  }

  /** Single numbers are scalars, except the axis that a reduction takes. */
  #constant(name: string, value: Float32Array | BigInt64Array): Promise<string> {
    const type = value instanceof Float32Array ? 'float32' : 'int64';
    const shape = type === 'int64' ? [value.length] : [];
    return this.encoder.initializer(name, shape, type, async () => value);
  }
}
