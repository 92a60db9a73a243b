// Matrix products with 8-bit integers: weights with one scale per column, activations with one scale per row, found at run time.
// A scale per row depends on that row only, so that a result does not depend on what else is in the batch.
import type { Encoder } from './encoder.ts';
import { OnnxError } from './errors.ts';
import type { Node, Value } from './graph.ts';

/** Products with fewer weights stay in float32. */
const SMALL = 4096;

/** Of unsigned activations. */
const ZERO = 128;

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

/** Values and their scales, by the names that they have in the file. */
type Quantized = readonly [string, string];

/** Emits products with 8-bit integers; what several of them share is made once. */
export class Quantizer {
  readonly #weights = new Map<Value, Promise<Quantized>>();
  readonly #rows = new Map<Value, Quantized>();

  constructor(readonly encoder: Encoder) {}

  /** Emits one product: quantize rows, multiply integers, scale back, add the bias. */
  async product({ inputs, output }: Node): Promise<void> {
    const { encoder } = this;
    const [x, weights, bias] = inputs as [Value, Value, Value?];
    const [rows, rowScales] = this.#rows.get(x) ?? (await this.#quantizeRows(x));
    const known = this.#weights.get(weights) ?? this.#quantizeWeights(weights);
    this.#weights.set(weights, known);
    const [columns, columnScales] = await known;
    const zero = await this.#constant('zero', Uint8Array.of(ZERO));
    const integers = encoder.node('MatMulInteger', [rows, columns, zero]);
    const floats = encoder.node('Cast', [integers], { attributes: { to: FLOAT } });
    let result = encoder.node('Mul', [encoder.node('Mul', [floats, columnScales]), rowScales]);
    if (bias) result = encoder.node('Add', [result, await encoder.name(bias)]);
    const target = await encoder.name(encoder.graph.reshapeTarget(output.shape));
    encoder.node('Reshape', [result, target], { output: await encoder.name(output) });
  }

  async #quantizeRows(x: Value): Promise<Quantized> {
    const { encoder } = this;
    const flat = BigInt64Array.of(-1n, BigInt(x.shape.at(-1) as number));
    const rows = encoder.node('Reshape', [await encoder.name(x), await this.#constant('matrix', flat)]);
    const axis = await this.#constant('axis', BigInt64Array.of(1n));
    const largest = encoder.node('ReduceMax', [encoder.node('Abs', [rows]), axis], { attributes: { keepdims: 0 } });
    const step = encoder.node('Mul', [largest, await this.#constant('step', Float32Array.of(1 / 127))]);
    const scale = encoder.node('Max', [step, await this.#constant('smallest', Float32Array.of(1e-12))]);
    const zero = await this.#constant('zero', Uint8Array.of(ZERO));
    const zeros = encoder.node('Expand', [zero, encoder.node('Shape', [scale])]);
    const values = encoder.node('QuantizeLinear', [rows, scale, zeros], { attributes: { axis: 0 } });
    const column = await this.#constant('column', BigInt64Array.of(-1n, 1n));
    const quantized = [values, encoder.node('Reshape', [scale, column])] as const;
    this.#rows.set(x, quantized);
    return quantized;
  }

  async #quantizeWeights({ source, shape }: Value): Promise<Quantized> {
    if (source.kind !== 'parameter')
      throw new OnnxError('onnx/encode', `int8: expected a parameter, got a ${source.kind}.`);
    // Computed twice rather than kept: one tensor at a time is in memory.
    const quantize = async () => quantizeColumns((await source.read()) as Float32Array, shape as [number, number]);
    const base = source.name || 'c';
    return [
      await this.encoder.initializer(`${base}.int8`, shape, 'int8', async () => (await quantize()).values),
      await this.encoder.initializer(`${base}.scale`, shape.slice(1), 'float32', async () => (await quantize()).scales),
    ];
  }

  /** Single numbers are scalars, except the axis that a reduction takes. */
  #constant(name: string, value: Float32Array | Uint8Array | BigInt64Array): Promise<string> {
    const type = value instanceof Float32Array ? 'float32' : value instanceof Uint8Array ? 'uint8' : 'int64';
    const shape = type === 'int64' ? [value.length] : [];
    return this.encoder.initializer(name, shape, type, async () => value);
  }
}
