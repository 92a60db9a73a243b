// Runs a function over TensorFlow.js operations once and records what it computes.
import * as tf from '@tensorflow/tfjs-core';
import { Dimensions } from './dimensions.ts';
import { OnnxError, TraceError } from './errors.ts';
import { Graph, type Node, type Value } from './graph.ts';
import { convolutions } from './kernels/convolutions.ts';
import { elementwise } from './kernels/elementwise.ts';
import { images } from './kernels/images.ts';
import type { KernelCall, RecordedKernel } from './kernels/kernel.ts';
import { layout } from './kernels/layout.ts';
import { products } from './kernels/products.ts';
import { reductions } from './kernels/reductions.ts';
import { BACKEND, callingPlace, elementType, RecordingBackend, tensorOf } from './recorder.ts';

const KERNELS: Readonly<Record<string, RecordedKernel>> = {
  ...elementwise,
  ...reductions,
  ...layout,
  ...products,
  ...convolutions,
  ...images,
};

/** An input of the graph. A name instead of a size makes that dimension symbolic: the file accepts any size. */
export interface InputDescription {
  readonly shape: readonly (number | string)[];
  /** Default: float32. */
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

/** Declares an input while the function runs, where its shape is known only there (noise, dropout masks). The same name gives the same input. */
export type DeclareInput = (name: string, shape: readonly number[], dtype?: InputDescription['dtype']) => tf.Tensor;

export interface TraceOptions {
  /** Tensors that exist outside the function, by the names that their initializers get in the file (such as a checkpoint's keys). */
  readonly parameters?: ReadonlyMap<string, tf.Tensor> | Readonly<Record<string, tf.Tensor>>;
  /** Largest number of elements of a constant that has no name. Default: 16384. */
  readonly maximumConstant?: number;
  /** Names of symbolic dimensions that no input has alone, such as `samples` where inputs have `batch · samples` rows. */
  readonly dimensions?: readonly string[];
}

const MAXIMUM_CONSTANT = 2 ** 14;

/** Numbers of a constant that two traces are compared by. */
const COMPARED = 64;

const recorder = new RecordingBackend();
let registered = false;
let running = false;
/** The kernel that is being recorded. */
let kernelName = '';

/** Kernels without a recorded form refuse by name instead of failing inside TensorFlow.js. */
function register(): void {
  if (registered) return;
  registered = true;
  tf.registerBackend(BACKEND, () => recorder, 0);
  const others = new Set(
    ['cpu', 'wasm', 'webgpu', 'webgl', 'tensorflow'].flatMap((name) =>
      tf.getKernelsForBackend(name).map(({ kernelName }) => kernelName),
    ),
  );
  for (const name of new Set([...Object.keys(KERNELS), ...others]))
    tf.registerKernel({ kernelName: name, backendName: BACKEND, kernelFunc: recorded(name) });
}

const recorded =
  (name: string): tf.KernelFunc =>
  ({ inputs, attrs }) => {
    kernelName = name;
    const refuse: KernelCall['refuse'] = (expected, actual, remedy = 'Express it with other operations.') => {
      throw new TraceError(name, callingPlace(), expected, actual, remedy);
    };
    const kernel = KERNELS[name];
    if (!kernel) return refuse('a kernel with an ONNX form', 'none');
    const values = Object.entries(inputs).flatMap(([key, info]) => (info ? [[key, recorder.find(info)] as const] : []));
    const { graph } = recorder;
    const result = kernel({
      graph,
      backend: recorder,
      inputs: Object.fromEntries(values),
      attributes: attrs ?? {},
      refuse,
    });
    return Array.isArray(result) ? result.map((value) => recorder.give(value)) : recorder.give(result);
  };

const entriesOf = <T>(record: ReadonlyMap<string, T> | Readonly<Record<string, T>>): [string, T][] =>
  record instanceof Map ? [...record] : Object.entries(record);

/** Declares inputs; the same name twice is the same input, since recomputation asks for the same noise again. */
function declaring(graph: Graph): DeclareInput {
  return (name, shape, dtype = 'float32') => {
    const known = graph.inputs.find(({ source }) => source.kind === 'input' && source.name === name);
    if (known && `${known.shape}:${known.type}` !== `${shape}:${dtype}`)
      throw new OnnxError(
        'onnx/arguments',
        `input '${name}': expected ${known.type} [${known.shape}] as declared before, got ${dtype} [${shape}]. Use another name.`,
      );
    const value: Value = known ?? { shape: [...shape], type: elementType(dtype), source: { kind: 'input', name } };
    if (!known) graph.inputs.push(value);
    return tensorOf(recorder.give(value), recorder);
  };
}

/** A value as it must be whatever the sizes are: symbols by name, small constants by their numbers. */
function signatureOf({ shape, type, source }: Value, dimensions: Dimensions): string {
  const label = `${type}[${shape.map((size) => dimensions.label(size))}]`;
  return source.kind === 'constant' ? `${label} of ${source.data.slice(0, COMPARED)}` : label;
}

const signatureOfNode = (
  { operation, inputs, attributes, floats = {}, output }: Node,
  dimensions: Dimensions,
): string =>
  [
    operation,
    inputs.map((value) => signatureOf(value, dimensions)).join(', '),
    JSON.stringify({ ...attributes, ...floats }),
    signatureOf(output, dimensions),
  ].join(' ');

/** Refuses a second trace, with other sizes, at the first place where it differs from the first one. */
function comparing(nodes: readonly Node[], symbols: Dimensions, others: Dimensions) {
  const names = symbols.all.map(({ name }) => `'${name}'`).join(', ');
  let at = 0;
  const check = (operation: string, expected: string | undefined, actual: string | undefined): void => {
    if (expected === actual) return;
    throw new TraceError(
      operation,
      callingPlace(),
      `nothing that depends on ${names} but sizes that are multiples`,
      `${expected ?? 'nothing'}, and for other sizes ${actual ?? 'nothing'}`,
      'Trace with fixed sizes instead of names, or without arithmetic on them.',
    );
  };
  return {
    node(node: Node): void {
      const first = nodes[at++];
      check(kernelName, first && signatureOfNode(first, symbols), signatureOfNode(node, others));
    },
    ends(graph: Graph, again: Graph): void {
      const listed = ({ inputs, outputs }: Graph, dimensions: Dimensions) =>
        [
          ...inputs.map((value) => [value.source.kind === 'input' ? value.source.name : '', value] as const),
          ...outputs.map(({ name, value }) => [name, value] as const),
        ].map(([name, value]) => `${name}: ${signatureOf(value, dimensions)}`);
      const [expected, actual] = [listed(graph, symbols), listed(again, others)];
      for (let i = 0; i < Math.max(expected.length, actual.length); i++) check('function', expected[i], actual[i]);
    },
  };
}

/** Variables that the function made and did not dispose would stay with the engine. */
function disposeNewVariables(before: ReadonlySet<string>): void {
  for (const variable of Object.values(tf.engine().state.registeredVariables))
    if (!before.has(variable.name)) variable.dispose();
}

/**
 * Records a function as an ONNX graph, without computing anything. Gradients (`tf.grads`, `tf.variableGrads`, custom gradients) record as well.
 *
 * The function runs synchronously; what it does in JavaScript (loops, conditions, sizes) is fixed by that run. With symbolic dimensions it runs
 * twice, with different sizes in place of the names: what differs between the runs other than by a factor is refused. Random numbers must be inputs.
 * The tensors in `parameters` must stay alive until the graph is encoded.
 *
 * @param fn from its inputs by name to its outputs by name; its second argument declares further inputs, its third has the sizes that stand
 *   for symbolic dimensions while it runs
 * @throws {TraceError} where it reads values, makes a large constant, or uses an operation without an ONNX form: naming operation and place
 * @example
 * const weights = tf.tensor2d([[1], [2]]);
 * const graph = trace(({ x }) => ({ y: tf.matMul(x, weights) }), { x: { shape: ['batch', 2] } }, { parameters: { weights } });
 * graph.inputs.length; // 1
 */
export function trace<Names extends string>(
  fn: (
    inputs: Readonly<Record<Names, tf.Tensor>>,
    declare: DeclareInput,
    sizes: Readonly<Record<string, number>>,
  ) => Readonly<Record<string, tf.Tensor>>,
  inputs: Readonly<Record<Names, InputDescription>>,
  { parameters = {}, maximumConstant = MAXIMUM_CONSTANT, dimensions = [] }: TraceOptions = {},
): Graph {
  if (running) throw new OnnxError('onnx/trace', 'trace: expected no trace to be running, got one. Trace one by one.');
  register();
  const described = entriesOf<InputDescription>(inputs);
  const named = entriesOf(parameters);
  const sizes = [...described.map(([, { shape }]) => shape), ...named.map(([, { shape }]) => shape)].flat();
  const names = [...sizes.filter((size) => typeof size === 'string'), ...dimensions];
  const fixed = sizes.filter((size) => typeof size === 'number');
  for (const size of fixed)
    if (!Number.isInteger(size) || size < 0)
      throw new OnnxError('onnx/arguments', `shape: expected whole numbers or names, got ${size}. Correct the input.`);
  const record = (graph: Graph): Graph => {
    recorder.start({
      graph,
      parameters: new Map(named.map(([name, tensor]) => [tensor.dataId, name])),
      maximumConstant,
    });
    const variables = new Set(Object.keys(tf.engine().state.registeredVariables));
    try {
      tf.tidy(() => {
        const declare = declaring(graph);
        const tensors = described.map(([name, { shape, dtype }]) => [
          name,
          declare(name, graph.dimensions.resolve(shape), dtype),
        ]);
        const symbols = Object.fromEntries(graph.dimensions.all.map(({ name, prime }) => [name, prime]));
        const outputs = fn(Object.fromEntries(tensors), declare, symbols);
        if (outputs instanceof Promise)
          throw new OnnxError('onnx/arguments', 'trace: expected a synchronous function, got a promise. Remove async.');
        for (const { source } of graph.inputs)
          if (source.kind === 'input' && source.name in outputs)
            throw new OnnxError(
              'onnx/arguments',
              `output '${source.name}': expected a name that no input has, got an input's. Rename it.`,
            );
        for (const [name, tensor] of Object.entries(outputs))
          graph.outputs.push({ name, value: recorder.find(tensor) });
      });
      return graph;
    } finally {
      disposeNewVariables(variables);
      recorder.stop();
    }
  };
  const before = tf.getBackend();
  running = true;
  // Synchronous for a backend whose factory is.
  void tf.setBackend(BACKEND);
  try {
    const symbols = new Dimensions(names, fixed);
    if (symbols.all.length === 0) return record(new Graph(symbols));
    // Twice, with other sizes in place of the names: what differs was computed from a size in JavaScript.
    const nodes: Node[] = [];
    const graph = record(new Graph(symbols, (node) => nodes.push(node)));
    const others = new Dimensions(names, fixed, Math.max(...symbols.all.map(({ prime }) => prime)));
    const compare = comparing(nodes, symbols, others);
    const again = record(new Graph(others, compare.node));
    compare.ends(graph, again);
    return graph;
  } finally {
    running = false;
    if (before) void tf.setBackend(before);
  }
}
