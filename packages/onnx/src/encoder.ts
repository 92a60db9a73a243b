// Collects the messages of one model file: nodes, and initializers wherever their bytes go.
import { OnnxError } from './errors.ts';
import type { ElementType, Graph, TypedArray, Value } from './graph.ts';
import { toHalf } from './half.ts';
import type { InitializerMessage, NodeMessage } from './proto.ts';

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

export const bytesOf = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Builds the messages of one file. */
export class Encoder {
  readonly nodes: NodeMessage[] = [];
  readonly initializers: InitializerMessage[] = [];
  /** What the external file holds, in order. */
  readonly external: { readonly padding: number; readonly read: () => Promise<TypedArray> }[] = [];
  readonly #names = new Map<Value, string>();
  readonly #taken = new Set<string>();
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
}
