// Named parameter trees: their shapes and starting values as data, and the tensors made from them.
import * as tf from '@tensorflow/tfjs-core';
import { constant, notConstant } from './differentiable.ts';
import { ParameterError } from './errors.ts';
import { keyOf, randomNormal, randomUniform } from './random.ts';

/** How a new parameter starts. */
export type Initializer =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'constant'; readonly value: number };

export const uniform = (bound: number): Initializer => ({ kind: 'uniform', bound });
export const normal = (deviation: number): Initializer => ({ kind: 'normal', deviation });
export const constantInit = (value: number): Initializer => ({ kind: 'constant', value });

/** One parameter before it exists. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly init: Initializer;
}

/** Records and lists of `T`, nested to any depth. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> | undefined };

/** The tree of tensors that a tree of specs describes. */
export type ParametersOf<S> = S extends ParameterSpec
  ? tf.Tensor
  : S extends readonly (infer E)[]
    ? readonly ParametersOf<E>[]
    : { readonly [K in keyof S]: ParametersOf<S[K]> };

const isSpec = (node: unknown): node is ParameterSpec => typeof node === 'object' && node !== null && 'init' in node;
const isTensor = (node: unknown): node is tf.Tensor => node instanceof tf.Tensor;

function mapTree<A, B>(
  tree: unknown,
  isLeaf: (node: unknown) => node is A,
  leaf: (value: A, name: string) => B,
  name = '',
): unknown {
  if (isLeaf(tree)) return leaf(tree, name);
  const below = (key: string | number) => (name === '' ? `${key}` : `${name}.${key}`);
  if (Array.isArray(tree)) return tree.map((child, i) => mapTree(child, isLeaf, leaf, below(i)));
  return Object.fromEntries(
    Object.entries(tree as object)
      .filter(([, child]) => child !== undefined)
      .map(([key, child]) => [key, mapTree(child, isLeaf, leaf, below(key))]),
  );
}

/** The tensors of a tree by dotted name (`blocks.0.attention.query.weight`), in the order of the tree. */
export function flatten(tree: Tree<tf.Tensor>): Map<string, tf.Tensor> {
  const flat = new Map<string, tf.Tensor>();
  mapTree(tree, isTensor, (tensor, name) => flat.set(name, tensor));
  return flat;
}

/** The shapes of a tree of specs by dotted name. */
export function shapesOf(specs: Tree<ParameterSpec>): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  mapTree(specs, isSpec, (spec, name) => shapes.set(name, spec.shape));
  return shapes;
}

/** Number of scalars in a tree. */
export const countParameters = (tree: Tree<tf.Tensor>): number =>
  [...flatten(tree).values()].reduce((sum, tensor) => sum + tensor.size, 0);

/**
 * New parameters. Each one's random stream is keyed by (seed, its name), so adding a parameter changes no other.
 */
export function initialize<S>(specs: S, seed: number): ParametersOf<S> {
  return mapTree(specs, isSpec, ({ shape, init }, name) => {
    const size = tf.util.sizeFromShape([...shape]);
    const key = keyOf(seed, name);
    if (init.kind === 'constant') return tf.fill([...shape], init.value);
    const values =
      init.kind === 'normal' ? randomNormal(key, size, init.deviation) : randomUniform(key, size, init.bound);
    return tf.tensor(values, [...shape]);
  }) as ParametersOf<S>;
}

/** Values in memory, as a checkpoint gives them. */
export interface ParameterValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Parameters with given values; every name must be there, with its shape. */
export function loadParameters<S>(specs: S, values: ReadonlyMap<string, ParameterValue>): ParametersOf<S> {
  const faults: string[] = [];
  for (const [name, shape] of shapesOf(specs as Tree<ParameterSpec>)) {
    const value = values.get(name);
    if (!value) faults.push(`${name}: missing`);
    else if (`${value.shape}` !== `${shape}`) faults.push(`${name}: expected [${shape}], got [${value.shape}]`);
  }
  if (faults.length > 0)
    throw new ParameterError(
      `parameters: expected values that fit, got ${faults.length} that do not:\n  ${faults.join('\n  ')}\nLoad weights of this architecture.`,
    );
  return mapTree(specs, isSpec, ({ shape }, name) =>
    tf.tensor((values.get(name) as ParameterValue).data, [...shape]),
  ) as ParametersOf<S>;
}

/** A tree of the same structure with each tensor replaced by what `replace` makes of it. */
export const mapParameters = <T>(tree: T, replace: (tensor: tf.Tensor, name: string) => tf.Tensor): T =>
  mapTree(tree, isTensor, replace) as T;

/** A tree of tensors that are there already, by dotted name: takes them over. */
export const assemble = <S>(specs: S, tensors: ReadonlyMap<string, tf.Tensor>): ParametersOf<S> =>
  mapTree(specs, isSpec, (_, name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new ParameterError(`parameters: expected a tensor '${name}', got none. Give the whole model.`);
    return tensor;
  }) as ParametersOf<S>;

/** Marks every tensor as needing no gradient; returns the same tree. */
export function freeze<T>(tree: T): T {
  for (const tensor of flatten(tree as Tree<tf.Tensor>).values()) constant(tensor);
  return tree;
}

/**
 * A tree in which the parameters whose dotted name matches `pattern` are variables, which learn, and all others are frozen. Takes
 * over the tensors given.
 */
export function trainable<T>(tree: T, pattern: RegExp = /./): T {
  return mapParameters(tree, (tensor, name) => {
    if (!pattern.test(name)) return constant(tensor);
    if (tensor instanceof tf.Variable) return notConstant(tensor);
    const variable = tf.variable(tensor);
    tensor.dispose();
    return variable;
  });
}

/** The variables of a tree by dotted name. */
export function variablesOf(tree: Tree<tf.Tensor>): Map<string, tf.Variable> {
  return new Map([...flatten(tree)].filter((entry): entry is [string, tf.Variable] => entry[1] instanceof tf.Variable));
}

/** Disposes every tensor of a tree. */
export function disposeParameters(tree: Tree<tf.Tensor>): void {
  for (const tensor of flatten(tree).values()) tensor.dispose();
}
