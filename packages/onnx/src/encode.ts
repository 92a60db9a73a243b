// Writes a graph as a standard ONNX file, with its weights inside, in a file next to it, or in an existing safetensors file.
import { OnnxError } from './errors.ts';
import type { ElementType, Graph, TypedArray, Value } from './graph.ts';
import { toHalf } from './half.ts';
import { encodeModel, type InitializerMessage, type NodeMessage } from './proto.ts';
import { isQuantizable, quantizeColumns, quantizedProduct } from './quantize.ts';

/** Where a tensor is in a safetensors file. */
export interface StoredRange {
  readonly dtype: 'F32' | 'F16';
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Where the weights go:
 * - `inline`: into the model file, up to 2 GB in all;
 * - `external`: into a file next to it, whose bytes `data()` gives;
 * - `stored`: nowhere, since they are byte ranges of an existing file with the names of the graph's parameters.
 */
export type WeightPlacement =
  | { readonly kind: 'inline' }
  | { readonly kind: 'external'; readonly file: string }
  | { readonly kind: 'stored'; readonly file: string; readonly tensors: ReadonlyMap<string, StoredRange> };

/** `float16` stores weights in half precision and computes in float32; `int8` also computes matrix products with 8-bit integers. */
export type Precision = 'float32' | 'float16' | 'int8';

export interface EncodeOptions {
  /** Default: inline. */
  readonly weights?: WeightPlacement;
  /** Default: float32. */
  readonly precision?: Precision;
  /** Text by keys that the file carries. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface EncodedModel {
  /** The model file. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The bytes of the external file in order, one tensor after another; nothing unless weights are external. */
  data(): AsyncGenerator<Uint8Array>;
}

/** Tensors in an external file begin at multiples of this, so that they can be mapped. */
const ALIGNMENT = 4096;

/** Smaller tensors stay in the model file and in full precision. */
const SMALL = 1024;

const MAXIMUM_INLINE = 2 ** 31 - 1;

const BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
};

const bytesOf = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Builds the messages of one file. */
class Encoder {
  readonly nodes: NodeMessage[] = [];
  readonly initializers: InitializerMessage[] = [];
  /** What the external file holds, in order. */
  readonly external: { readonly padding: number; readonly read: () => Promise<TypedArray> }[] = [];
  readonly #names = new Map<Value, string>();
  readonly #taken = new Set<string>();
  readonly #quantized = new Map<Value, Promise<readonly [string, string]>>();
  readonly #rows = new Map<Value, readonly [string, string]>();
  #externalSize = 0;
  #inlineSize = 0;
  #next = 0;

  constructor(
    readonly graph: Graph,
    readonly placement: WeightPlacement,
    readonly precision: Precision,
  ) {
    for (const value of graph.inputs) if (value.source.kind === 'input') this.#take(value, value.source.name);
    for (const { name } of graph.outputs) this.#taken.add(name);
  }

  /** A name that nothing else has. */
  fresh(base: string): string {
    let name = base;
    while (this.#taken.has(name)) name = `${base}_${this.#next++}`;
    this.#taken.add(name);
    return name;
  }

  #take(value: Value, base: string): string {
    const name = this.fresh(base);
    this.#names.set(value, name);
    return name;
  }

  node(operation: string, inputs: readonly string[], options: Partial<NodeMessage> = {}): string {
    const output = options.output ?? this.fresh(`v${this.#next++}`);
    this.nodes.push({ ...options, operation, inputs, output });
    return output;
  }

  /** Adds an initializer whose values are known only when they are written. */
  async initializer(base: string, shape: readonly number[], type: ElementType, read: () => Promise<TypedArray>) {
    const name = this.fresh(base);
    const length = sizeOf(shape) * BYTES[type];
    if (this.placement.kind === 'external' && length >= SMALL) {
      const padding = -this.#externalSize & (ALIGNMENT - 1);
      const offset = this.#externalSize + padding;
      this.external.push({ padding, read });
      this.#externalSize = offset + length;
      this.initializers.push({
        name,
        shape,
        type,
        data: { kind: 'external', file: this.placement.file, offset, length },
      });
      return name;
    }
    this.#inlineSize += length;
    if (this.#inlineSize > MAXIMUM_INLINE)
      throw new OnnxError(
        'onnx/encode',
        `model file: expected at most 2 GB of weights, got more. Choose external weights.`,
      );
    this.initializers.push({ name, shape, type, data: { kind: 'inline', bytes: bytesOf(await read()) } });
    return name;
  }

  async name(value: Value): Promise<string> {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const { source } = value;
    if (source.kind === 'absent') return '';
    if (source.kind === 'node') return this.#take(value, `v${this.#next++}`);
    const name = await this.#weight(value);
    this.#names.set(value, name);
    return name;
  }

  /** A constant or parameter, stored as the options say. */
  async #weight(value: Value): Promise<string> {
    const { source, shape, type } = value;
    if (source.kind === 'constant') return this.initializer('c', shape, type, async () => source.data);
    if (source.kind !== 'parameter') throw new OnnxError('onnx/encode', `value: unexpected ${source.kind}`);
    const base = source.name || 'c';
    const stored = this.placement.kind === 'stored' ? this.#stored(base, value) : undefined;
    if (stored) return stored;
    if (this.precision === 'float32' || type !== 'float32' || sizeOf(shape) * 4 < SMALL)
      return this.initializer(base, shape, type, source.read);
    const half = await this.initializer(`${base}.f16`, shape, 'float16', async () =>
      toHalf((await source.read()) as Float32Array),
    );
    return this.#widened(half, base);
  }

  #widened(half: string, base: string): string {
    return this.node('Cast', [half], { output: this.fresh(base), attributes: { to: 1 } });
  }

  #stored(base: string, { shape }: Value): string | undefined {
    if (this.placement.kind !== 'stored') return undefined;
    const { file, tensors } = this.placement;
    const range = tensors.get(base);
    if (!range) return undefined;
    const half = range.dtype === 'F16';
    const expected = sizeOf(shape) * (half ? 2 : 4);
    if (range.length !== expected)
      throw new OnnxError(
        'onnx/encode',
        `'${base}' in ${file}: expected ${expected} bytes for [${shape}], got ${range.length}. Encode with the checkpoint that was traced.`,
      );
    const name = this.fresh(half ? `${base}.f16` : base);
    const { offset, length } = range;
    this.initializers.push({
      name,
      shape,
      type: half ? 'float16' : 'float32',
      data: { kind: 'external', file, offset, length },
    });
    return half ? this.#widened(name, base) : name;
  }

  /** 8-bit weights and the scales of their columns. */
  quantizedWeight(value: Value): Promise<readonly [string, string]> {
    const known = this.#quantized.get(value) ?? this.#quantizeWeight(value);
    this.#quantized.set(value, known);
    return known;
  }

  async #quantizeWeight({ source, shape }: Value): Promise<readonly [string, string]> {
    if (source.kind !== 'parameter') throw new OnnxError('onnx/encode', 'int8: expected a parameter');
    // Read twice rather than kept: one tensor at a time is in memory.
    const quantize = async () => quantizeColumns((await source.read()) as Float32Array, shape as [number, number]);
    const base = source.name || 'c';
    return [
      await this.initializer(`${base}.int8`, shape, 'int8', async () => (await quantize()).values),
      await this.initializer(`${base}.scale`, shape.slice(1), 'float32', async () => (await quantize()).scales),
    ];
  }

  /** 8-bit rows of an activation and their scales, computed once for all products that use it. */
  quantizedRows(value: Value, make: () => readonly [string, string]): readonly [string, string] {
    const known = this.#rows.get(value) ?? make();
    this.#rows.set(value, known);
    return known;
  }
}

export type { Encoder };

async function encodeNodes(encoder: Encoder): Promise<void> {
  for (const node of encoder.graph.nodes()) {
    if (encoder.precision === 'int8' && isQuantizable(node)) {
      await quantizedProduct(encoder, node);
      continue;
    }
    const inputs: string[] = [];
    for (const input of node.inputs) inputs.push(await encoder.name(input));
    const { operation, attributes, floats } = node;
    encoder.node(operation, inputs, { output: await encoder.name(node.output), attributes, floats });
  }
}

/**
 * Writes a graph as an ONNX model (opset 20).
 *
 * The tensors that were captured as parameters must be alive, also while `data()` is read.
 *
 * @throws {OnnxError} if the weights do not fit the file, or a stored range does not fit its tensor
 * @example
 * const { model } = await encodeOnnx(graph);
 * await writeFile('model.onnx', model);
 */
export async function encodeOnnx(graph: Graph, options: EncodeOptions = {}): Promise<EncodedModel> {
  const { weights = { kind: 'inline' }, precision = 'float32', metadata = {} } = options;
  if (!['float32', 'float16', 'int8'].includes(precision))
    throw new OnnxError(
      'onnx/arguments',
      `precision: expected float32, float16 or int8, got '${precision}'. Choose one of them.`,
    );
  const encoder = new Encoder(graph, weights, precision);
  await encodeNodes(encoder);
  // The nodes' names are their own, so that two outputs may be the same value.
  for (const { name, value } of graph.outputs) encoder.node('Identity', [await encoder.name(value)], { output: name });
  const described = ({ shape, type }: Value, name: string) => ({
    name,
    type,
    shape: shape.map((size) => graph.dimensions.label(size)),
  });
  const model = encodeModel({
    nodes: encoder.nodes,
    initializers: encoder.initializers,
    inputs: graph.inputs.map((value) => described(value, value.source.kind === 'input' ? value.source.name : '')),
    outputs: graph.outputs.map(({ name, value }) => described(value, name)),
    metadata,
  });
  return {
    model,
    async *data() {
      for (const { padding, read } of encoder.external) {
        if (padding > 0) yield new Uint8Array(padding);
        yield bytesOf(await read());
      }
    },
  };
}
