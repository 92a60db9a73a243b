// Named parameter trees: their shapes and starting values as data, and the tensors made from them.
import * as tf from '@tensorflow/tfjs-core';
import { constant, expectOneCore, unmarkConstant } from './differentiable.ts';
import { expectNumber, ParameterError } from './errors.ts';
import { keyOf, randomNormal, randomUniform } from './random.ts';

/** Distribution of a new parameter's starting values. */
export type Initializer =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'constant'; readonly value: number };

export const uniform = (bound: number): Initializer => ({ kind: 'uniform', bound });
export const normal = (deviation: number): Initializer => ({ kind: 'normal', deviation });
export const constantInit = (value: number): Initializer => ({ kind: 'constant', value });

/** Shape and starting values of a parameter. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly init: Initializer;
}

/** Records and lists of `T`, nested to any depth. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> | undefined };

/**
 * `S` where all its leaves are `T` or absent, and otherwise a type that nothing fits. Functions take `S & TreeOf<T, S>` so that they accept
 * typed records: an interface has no index signature and is no {@link Tree}.
 */
export type TreeOf<T, S> = S extends T | undefined
  ? S
  : S extends readonly (infer E)[]
    ? readonly TreeOf<T, E>[]
    : S extends object
      ? { readonly [K in keyof S]: TreeOf<T, S[K]> }
      : never;

/** The tree of tensors that a tree of specs describes. */
export type ParametersOf<S> = S extends ParameterSpec
  ? tf.Tensor
  : S extends undefined
    ? undefined
    : S extends readonly (infer E)[]
      ? readonly ParametersOf<E>[]
      : { readonly [K in keyof S]: ParametersOf<S[K]> };

const isSpec = (node: unknown): node is ParameterSpec => typeof node === 'object' && node !== null && 'init' in node;
const isTensor = (node: unknown): node is tf.Tensor => node instanceof tf.Tensor;

/** `kind` names the leaves in errors. */
function mapTree<A, B>(
  tree: unknown,
  kind: string,
  isLeaf: (node: unknown) => node is A,
  leaf: (value: A, name: string) => B,
  name = '',
): unknown {
  if (isLeaf(tree)) return leaf(tree, name);
  if (typeof tree !== 'object' || tree === null)
    throw new ParameterError(
      `parameters: expected ${kind} at '${name}', got ${tree === null ? 'null' : typeof tree}. Pass a tree of ${kind}s.`,
    );
  const nameOf = (key: string | number) => (name === '' ? `${key}` : `${name}.${key}`);
  if (Array.isArray(tree)) return tree.map((child, i) => mapTree(child, kind, isLeaf, leaf, nameOf(i)));
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([, child]) => child !== undefined)
      .map(([key, child]) => [key, mapTree(child, kind, isLeaf, leaf, nameOf(key))]),
  );
}

const mapTensors = (tree: unknown, leaf: (tensor: tf.Tensor, name: string) => unknown): unknown =>
  mapTree(tree, 'tensor', isTensor, leaf);

const mapSpecs = (specs: unknown, leaf: (spec: ParameterSpec, name: string) => unknown): unknown =>
  mapTree(specs, 'parameter spec', isSpec, leaf);

/** The tensors of a tree by dotted name (`blocks.0.attention.query.weight`), in the order of the tree. */
export function flatten<P>(tree: P & TreeOf<tf.Tensor, P>): Map<string, tf.Tensor> {
  const flat = new Map<string, tf.Tensor>();
  mapTensors(tree, (tensor, name) => flat.set(name, tensor));
  return flat;
}

/** The shapes of a tree of specs by dotted name. */
export function shapesOf<S>(specs: S & TreeOf<ParameterSpec, S>): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  mapSpecs(specs, (spec, name) => shapes.set(name, spec.shape));
  return shapes;
}

/** Number of scalars in a tree. */
export const countParameters = <P>(tree: P & TreeOf<tf.Tensor, P>): number =>
  [...flatten(tree).values()].reduce((sum, tensor) => sum + tensor.size, 0);

/**
 * New parameters. Each one's random stream is keyed by (seed, its name), so adding a parameter changes no other.
 *
 * @example
 * const layer = initialize(linearSpec(3, 2), 666);
 * console.log([...flatten(layer)].map(([name, { shape }]) => `${name} [${shape}]`)); // [ 'weight [3,2]', 'bias [2]' ]
 */
export function initialize<S>(specs: S & TreeOf<ParameterSpec, S>, seed: number): ParametersOf<S> {
  expectOneCore();
  expectNumber('seed', seed);
  return mapSpecs(specs, ({ shape: lengths, init }, name) => {
    const shape = [...lengths];
    if (init.kind === 'constant') return tf.fill(shape, init.value);
    const size = tf.util.sizeFromShape(shape);
    const key = keyOf(seed, name);
    const values =
      init.kind === 'normal' ? randomNormal(key, size, init.deviation) : randomUniform(key, size, init.bound);
    return tf.tensor(values, shape);
  }) as ParametersOf<S>;
}

/** Values of a parameter in memory, as in a checkpoint. */
export interface ParameterValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Parameters with the given values. Every name must be present, with its shape. */
export function loadParameters<S>(
  specs: S & TreeOf<ParameterSpec, S>,
  values: ReadonlyMap<string, ParameterValue>,
): ParametersOf<S> {
  const faults: string[] = [];
  for (const [name, shape] of shapesOf(specs)) {
    const value = values.get(name);
    if (!value) faults.push(`${name}: missing`);
    else if (`${value.shape}` !== `${shape}`) faults.push(`${name}: expected [${shape}], got [${value.shape}]`);
  }
  if (faults.length > 0)
    throw new ParameterError(
      `parameters: expected values that fit, got ${faults.length} that do not:\n  ${faults.join('\n  ')}\nLoad weights of this architecture.`,
    );
  return mapSpecs(specs, ({ shape }, name) =>
    tf.tensor((values.get(name) as ParameterValue).data, [...shape]),
  ) as ParametersOf<S>;
}

/** A tree of the same structure with each tensor replaced by `replace(tensor, name)`. */
export const mapParameters = <P>(
  tree: P & TreeOf<tf.Tensor, P>,
  replace: (tensor: tf.Tensor, name: string) => tf.Tensor,
): P => mapTensors(tree, replace) as P;

/** A tree made of existing tensors, by dotted name. It takes ownership of them. */
export const assemble = <S>(
  specs: S & TreeOf<ParameterSpec, S>,
  tensors: ReadonlyMap<string, tf.Tensor>,
): ParametersOf<S> =>
  mapSpecs(specs, (_, name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new ParameterError(`parameters: expected a tensor '${name}', got none. Give the whole model.`);
    return tensor;
  }) as ParametersOf<S>;

/** Marks every tensor as needing no gradient; returns the same tree. */
export function freeze<P>(tree: P & TreeOf<tf.Tensor, P>): P {
  for (const tensor of flatten(tree).values()) constant(tensor);
  return tree;
}

/** A variable with the value of a tensor, which is disposed. */
export function ownVariable(tensor: tf.Tensor, isTrainable = true): tf.Variable {
  const variable = tf.variable(tensor, isTrainable);
  tensor.dispose();
  return variable;
}

/** The value of a variable as a plain tensor; disposes the variable. */
function frozenCopy(variable: tf.Variable): tf.Tensor {
  const value = tf.clone(variable as tf.Tensor);
  variable.dispose();
  return value;
}

/**
 * A tree in which the parameters whose dotted name matches `pattern` are trainable variables and all others are frozen. It takes ownership
 * of the given tensors.
 */
export function trainable<P>(tree: P & TreeOf<tf.Tensor, P>, pattern: RegExp = /./): P {
  return mapParameters(tree, (tensor, name) => {
    if (!pattern.test(name)) return constant(tensor instanceof tf.Variable ? frozenCopy(tensor) : tensor);
    if (tensor instanceof tf.Variable) return unmarkConstant(tensor);
    return ownVariable(tensor);
  });
}

/** The variables of a tree by dotted name. */
export function variablesOf<P>(tree: P & TreeOf<tf.Tensor, P>): Map<string, tf.Variable> {
  return new Map([...flatten(tree)].filter((entry): entry is [string, tf.Variable] => entry[1] instanceof tf.Variable));
}

/** Disposes every tensor of a tree. */
export function disposeParameters<P>(tree: P & TreeOf<tf.Tensor, P>): void {
  tf.dispose([...flatten(tree).values()]);
}
