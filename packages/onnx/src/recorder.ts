// A TensorFlow.js backend that computes nothing: its tensors are values of a graph, its kernels add nodes to it.
import * as tf from '@tensorflow/tfjs-core';
import { TraceError } from './errors.ts';
import type { ElementType, Graph, TypedArray, Value } from './graph.ts';

/** The name under which the backend and its kernels are registered. */
export const BACKEND = 'onnx-trace';

/** Scalars and short lists need no name. */
const SHORT = 16;

/** What one trace records into. */
export interface Recording {
  readonly graph: Graph;
  /** Names of tensors that exist outside the trace. */
  readonly parameters: ReadonlyMap<object, string>;
  /** Largest number of elements of a constant without a name. */
  readonly maximumConstant: number;
}

const STACK_LINE = /^\s*at (?:.*\()?((?:file:\/\/|\/|\w:|webpack|https?:).*?):(\d+):(\d+)\)?$/;

/** The first place in the current stack that is not in TensorFlow.js or this package. */
export function callingPlace(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 60;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = stackTraceLimit;
  const own =
    /[\\/]@tensorflow[\\/]|[\\/]onnx[\\/](?:src|dist)[\\/](?!.*\.test\.)|node:internal|@medclipseg[\\/]onnx[\\/]/;
  for (const line of stack.split('\n').slice(1)) {
    const [, file, row, column] = STACK_LINE.exec(line) ?? [];
    if (file !== undefined && !own.test(file)) return `${file.replace(/^file:\/\//, '')}:${row}:${column}`;
  }
  return '';
}

const refuse = (operation: string, expected: string, actual: string, remedy: string): never => {
  throw new TraceError(operation, callingPlace(), expected, actual, remedy);
};

export const elementType = (dtype: tf.DataType): ElementType =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool'
    ? dtype
    : refuse('tensor', 'float32, int32 or bool', dtype, 'Convert it outside the traced function.');

/** Values as the element type stores them; without a copy where they are already. */
export function typed(values: ArrayLike<number>, type: ElementType): TypedArray {
  if (type === 'bool') return Uint8Array.from(values);
  if (type === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

interface Entry {
  readonly value: Value;
  references: number;
}

export class RecordingBackend extends tf.KernelBackend {
  readonly #entries = new Map<object, Entry>();
  /** Values of tensors that exist outside the trace, so that each becomes one initializer. */
  readonly #captured = new Map<object, Value>();
  #recording: Recording | undefined;

  get recording(): Recording {
    return this.#recording ?? refuse('tensor', 'a trace to be running', 'none', 'Call trace().');
  }

  get graph(): Graph {
    return this.recording.graph;
  }

  start(recording: Recording): void {
    this.#recording = recording;
  }

  stop(): void {
    this.#recording = undefined;
    this.#entries.clear();
    this.#captured.clear();
  }

  override numDataIds = (): number => this.#entries.size;
  override refCount = (id: object): number => this.#entries.get(id)?.references ?? 0;
  override floatPrecision = (): 32 => 32;
  override memory = (): { unreliable: boolean } => ({ unreliable: true });
  override timerAvailable = (): boolean => false;
  override dispose = (): void => {};

  override incRef(id: object): void {
    const entry = this.#entries.get(id);
    if (entry) entry.references++;
    // A variable over a tensor from outside: its owner counts, and is asked to release it later.
    else engine().state.tensorInfo.get(id)?.backend.incRef(id);
  }

  override disposeData(id: object, force = false): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return true;
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.#entries.delete(id);
    return true;
  }

  /** A tensor made of values in JavaScript becomes a constant. */
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    return this.give(this.#madeConstant(values as ArrayLike<number>, shape, elementType(dtype))).dataId;
  }

  override move(id: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType, references: number): void {
    const value = this.#madeConstant(values as ArrayLike<number>, shape, elementType(dtype));
    this.#entries.set(id, { value, references });
  }

  override readSync(id: object): tf.BackendValues {
    const value = this.#entries.get(id)?.value;
    if (value?.source.kind === 'constant') return value.source.data as tf.BackendValues;
    return refuse(
      'data',
      'values to stay tensors',
      'a read of values that only a run computes',
      'Express it with tensor operations, or pass it as an input.',
    );
  }

  override async read(id: object): Promise<tf.BackendValues> {
    return this.readSync(id);
  }

  /** A tensor for a value. */
  give(value: Value): tf.TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, { value, references: 1 });
    return { dataId, shape: [...value.shape], dtype: value.type as tf.DataType };
  }

  /** The value of a tensor, which may exist outside the trace. */
  find(info: tf.TensorInfo): Value {
    const known = this.#entries.get(info.dataId)?.value ?? this.#captured.get(info.dataId);
    if (known) return known;
    const value = this.#capture(info);
    this.#captured.set(info.dataId, value);
    return value;
  }

  /** A constant all of whose elements are equal, without making them. */
  filled(value: number, shape: readonly number[], type: ElementType): Value {
    const scalar = this.graph.constant(typed([value], type), [], type);
    return shape.length === 0 ? scalar : this.graph.add('Expand', [scalar, this.graph.shapeValue(shape)], shape);
  }

  #madeConstant(values: ArrayLike<number>, shape: readonly number[], type: ElementType): Value {
    const { graph, maximumConstant } = this.recording;
    const { dimensions } = graph;
    if (shape.some(dimensions.isSymbolic) || values.length > SHORT) {
      const first = Number(values[0]);
      let equal = true;
      for (let i = 1; equal && i < values.length; i++) equal = values[i] === first;
      if (equal) return this.filled(first, shape, type);
    }
    if (shape.some(dimensions.isSymbolic))
      refuse(
        'constant',
        'a constant of fixed shape',
        `[${shape.map((size) => dimensions.label(size))}] values made in JavaScript`,
        'Pass them as an input.',
      );
    if (values.length > maximumConstant) this.#tooLarge(shape, values.length);
    return graph.constant(typed(values, type), shape, type);
  }

  #tooLarge(shape: readonly number[], size: number): never {
    return refuse(
      'constant',
      `at most ${this.recording.maximumConstant} elements in a constant without a name`,
      `${size} of shape [${shape}]`,
      'Pass it as an input, name it in `parameters`, or raise `maximumConstant`.',
    );
  }

  /** A tensor from outside: a parameter by its name, or a small constant. */
  #capture({ dataId, shape, dtype }: tf.TensorInfo): Value {
    const { graph, parameters, maximumConstant } = this.recording;
    const type = elementType(dtype);
    const info = engine().state.tensorInfo.get(dataId);
    if (!info)
      return refuse('tensor', 'a live tensor', 'one that was disposed or belongs to an earlier trace', 'Keep it.');
    const name = parameters.get(dataId);
    if (name === undefined && tf.util.sizeFromShape(shape) > maximumConstant)
      this.#tooLarge(shape, tf.util.sizeFromShape(shape));
    if (name === undefined && tf.util.sizeFromShape(shape) <= SHORT)
      return graph.constant(typed(info.backend.readSync(dataId) as ArrayLike<number>, type), [...shape], type);
    const read = async () => typed((await info.backend.read(dataId)) as ArrayLike<number>, type);
    return { shape: [...shape], type, source: { kind: 'parameter', name: name ?? '', read } };
  }
}

/** The parts of the engine that its types keep private. */
interface EngineState {
  readonly state: { readonly tensorInfo: WeakMap<object, { readonly backend: tf.KernelBackend }> };
  makeTensorFromTensorInfo(info: tf.TensorInfo, backend?: tf.KernelBackend): tf.Tensor;
}

const engine = () => tf.engine() as unknown as EngineState;

/** A tensor over existing data. */
export const tensorOf = (info: tf.TensorInfo, backend: tf.KernelBackend): tf.Tensor =>
  engine().makeTensorFromTensorInfo(info, backend);
