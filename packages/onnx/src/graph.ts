// An ONNX graph: values, the nodes that compute them, and constants that are shared.
import type { Dimension, Dimensions } from './dimensions.ts';
import { OnnxError } from './errors.ts';

/** Element types by their names, with their numbers in ONNX files (TensorProto.DataType). */
export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

export type TypedArray = Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array | Uint16Array;

/** Where a value comes from. */
export type Source =
  /** An optional input that is left out. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'node'; readonly node: Node }
  | { readonly kind: 'constant'; readonly data: TypedArray }
  | {
      readonly kind: 'parameter';
      /** Empty for a constant that needs no name. */
      readonly name: string;
      /** The values, while the tensor that was captured is alive. */
      readonly read: () => Promise<TypedArray>;
    };

export interface Value {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly source: Source;
}

export type Attribute = number | string | readonly number[];

export interface Node {
  readonly operation: string;
  readonly inputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Attributes that ONNX stores as floating-point numbers. */
  readonly floats?: Readonly<Record<string, number>>;
  readonly output: Value;
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly type?: ElementType;
}

/** Constants up to this size are shared where their values are equal. */
const SHARED_SIZE = 64;

/** The node that computes a value, if it is of this operation. */
export const nodeOf = (value: Value, operation?: string): Node | undefined =>
  value.source.kind === 'node' && (operation === undefined || value.source.node.operation === operation)
    ? value.source.node
    : undefined;

/** A traced function. */
export class Graph {
  readonly inputs: Value[] = [];
  readonly outputs: { readonly name: string; readonly value: Value }[] = [];
  readonly #constants = new Map<string, Value>();
  readonly #sizes = new Map<Dimension, Value>();

  /** @param onNode sees every node when it is added */
  constructor(
    readonly dimensions: Dimensions,
    readonly onNode?: (node: Node) => void,
  ) {}

  /** Adds a node with one output. */
  add(operation: string, inputs: readonly Value[], shape: readonly number[], options: NodeOptions = {}): Value {
    const { attributes = {}, floats, type = (inputs[0] as Value).type } = options;
    const node = { operation, inputs, attributes, floats } as { -readonly [K in keyof Node]: Node[K] };
    node.output = { shape, type, source: { kind: 'node', node } };
    this.onNode?.(node);
    return node.output;
  }

  constant(data: TypedArray, shape: readonly number[], type: ElementType): Value {
    const make = (): Value => ({ shape, type, source: { kind: 'constant', data } });
    if (data.length > SHARED_SIZE) return make();
    // Negative zero is another value than zero.
    const values = Array.from(data as ArrayLike<number | bigint>, (v) => (Object.is(v, -0) ? '-0' : String(v)));
    const key = `${type}[${shape}]${values}`;
    const value = this.#constants.get(key) ?? make();
    this.#constants.set(key, value);
    return value;
  }

  /** Stands for an optional input that is left out. */
  absent = (type: ElementType): Value => ({ shape: [], type, source: { kind: 'absent' } });

  scalar = (value: number): Value => this.constant(Float32Array.of(value), [], 'float32');

  int64 = (values: readonly number[]): Value =>
    this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64');

  /** A shape as a value: a constant, or computed at run time where it has symbolic dimensions. */
  shapeValue(shape: readonly number[]): Value {
    const { isSymbolic } = this.dimensions;
    if (!shape.some(isSymbolic)) return this.int64(shape);
    const parts = shape.map((size) => (isSymbolic(size) ? this.#sizeValue(size) : this.int64([size])));
    return parts.length === 1
      ? (parts[0] as Value)
      : this.add('Concat', parts, [shape.length], { attributes: { axis: 0 }, type: 'int64' });
  }

  /** The shape that Reshape takes: one symbolic dimension is inferred. */
  reshapeTarget(shape: readonly number[]): Value {
    const symbolic = shape.filter(this.dimensions.isSymbolic).length;
    return symbolic === 1 && !shape.includes(0)
      ? this.int64(shape.map((size) => (this.dimensions.isSymbolic(size) ? -1 : size)))
      : this.shapeValue(shape);
  }

  /** A size that depends on symbols, as int64 [1]. */
  #sizeValue(size: number): Value {
    const { constant, symbols } = this.dimensions.factor(size);
    const factors = symbols.map((symbol) => this.#symbolValue(symbol));
    if (constant !== 1) factors.push(this.int64([constant]));
    return factors.reduce((product, factor) => this.add('Mul', [product, factor], [1], { type: 'int64' }));
  }

  /** The size of a symbol, read from an input that has it as an axis, alone or as a product. */
  #symbolValue(symbol: Dimension): Value {
    const known = this.#sizes.get(symbol);
    if (known) return known;
    const axisOf = (value: Value, fits: (size: number) => boolean) => value.shape.findIndex(fits);
    const read = (value: Value, axis: number) =>
      this.add('Shape', [value], [1], { attributes: { start: axis, end: axis + 1 }, type: 'int64' });
    const alone = this.inputs.find((value) => value.shape.includes(symbol.prime));
    if (alone) {
      const value = read(alone, alone.shape.indexOf(symbol.prime));
      this.#sizes.set(symbol, value);
      return value;
    }
    const divides = (size: number) => size !== 0 && size % symbol.prime === 0;
    const product = this.inputs.find((value) => axisOf(value, divides) >= 0);
    if (!product)
      throw new OnnxError(
        'onnx/trace',
        `trace: expected an input with the dimension '${symbol.name}', got none. Declare one.`,
      );
    const axis = axisOf(product, divides);
    const rest = (product.shape[axis] as number) / symbol.prime;
    const divisor = this.dimensions.isSymbolic(rest) ? this.#sizeValue(rest) : this.int64([rest]);
    const value = this.add('Div', [read(product, axis), divisor], [1], { type: 'int64' });
    this.#sizes.set(symbol, value);
    return value;
  }

  /** The nodes that the outputs need, each after those that it depends on. */
  nodes(): Node[] {
    const seen = new Set<Node>();
    const sorted: Node[] = [];
    // Deep graphs overflow the stack of a recursive search.
    const stack: { readonly node: Node; next: number }[] = [];
    const visit = (value: Value) => {
      const node = nodeOf(value);
      if (!node || seen.has(node)) return;
      seen.add(node);
      stack.push({ node, next: 0 });
    };
    for (const { value } of this.outputs) {
      visit(value);
      for (let top = stack.at(-1); top; top = stack.at(-1)) {
        const input = top.node.inputs[top.next++];
        if (input) visit(input);
        else {
          sorted.push(top.node);
          stack.pop();
        }
      }
    }
    return sorted;
  }
}
