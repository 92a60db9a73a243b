// Replaces patterns of nodes by nodes that compute the same in less time.
import { type Graph, type Node, nodeOf, type Value } from './graph.ts';

type Mutable = { -readonly [K in keyof Node]: Node[K] };

const scalarOf = (value: Value | undefined): number | undefined =>
  value?.source.kind === 'constant' && value.shape.every((size) => size === 1)
    ? Number(value.source.data[0])
    : undefined;

/** Both orders of the inputs of a commutative operation. */
const pairs = ({ inputs }: Node): [Value, Value][] => {
  const [a, b] = inputs as [Value, Value];
  return [
    [a, b],
    [b, a],
  ];
};

const close = (value: number | undefined, expected: number): boolean =>
  value !== undefined && Math.abs(value - expected) < 1e-6;

/** `x · (0.5 · (1 + erf(x / √2)))`, in any grouping of the factors. */
function geluInput(node: Node, usedOnce: (value: Value) => boolean): Value | undefined {
  for (const [x, rest] of pairs(node)) {
    const half = usedOnce(rest) ? nodeOf(rest, 'Mul') : undefined;
    for (const [sum, factor] of half ? pairs(half) : []) {
      const plusOne = close(scalarOf(factor), 0.5) ? nodeOf(sum, 'Add') : undefined;
      for (const [erf, one] of plusOne ? pairs(plusOne) : []) {
        const inner = close(scalarOf(one), 1) ? nodeOf(erf, 'Erf')?.inputs[0] : undefined;
        const scaled = inner && nodeOf(inner, 'Mul');
        for (const [input, scale] of scaled ? pairs(scaled) : [])
          if (input === x && close(scalarOf(scale), Math.SQRT1_2)) return x;
      }
    }
  }
  return undefined;
}

interface Norm {
  readonly inputs: readonly Value[];
  readonly epsilon: number;
}

/** `(x − mean) · rsqrt(variance + ε) · weight + bias` over the last axis. */
function layerNorm(node: Node, uses: ReadonlyMap<Value, number>): Norm | undefined {
  const [scaled, bias] = node.inputs as [Value, Value];
  const times = nodeOf(scaled, 'Mul');
  const [normal, weight] = (times?.inputs ?? []) as Value[];
  const product = normal && nodeOf(normal, 'Mul');
  const [centered, inverse] = (product?.inputs ?? []) as Value[];
  const root = inverse && nodeOf(nodeOf(inverse, 'Reciprocal')?.inputs[0] ?? inverse, 'Sqrt');
  const sum = root && nodeOf(root.inputs[0] as Value, 'Add');
  const variance = sum && nodeOf(sum.inputs[0] as Value, 'ReduceMean');
  const square = variance && nodeOf(variance.inputs[0] as Value, 'Mul');
  const difference = centered && nodeOf(centered, 'Sub');
  const mean = difference && nodeOf(difference.inputs[1] as Value, 'ReduceMean');
  const epsilon = scalarOf(sum?.inputs[1]);
  if (!square || !mean || epsilon === undefined || !weight || !centered || !normal) return undefined;
  const x = difference?.inputs[0] as Value;
  const single = bias.shape.length === 1 && weight.shape.length === 1;
  const same = square.inputs.every((input) => input === centered) && mean.inputs[0] === x;
  const last = mean.output.shape.at(-1) === 1 && mean.output.shape.slice(0, -1).every((size, i) => size === x.shape[i]);
  // Others that use the intermediate values, as gradients do, would compute them twice.
  const private_ = uses.get(scaled) === 1 && uses.get(normal) === 1 && uses.get(centered) === 3;
  return single && same && last && private_ ? { inputs: [x, weight, bias], epsilon } : undefined;
}

/** `a·x + a·y`: the factors of both products, unless x or y is a weight. */
function sharedProduct({ inputs }: Node, uses: ReadonlyMap<Value, number>): [a: Value, x: Value, y: Value] | undefined {
  const [first, second] = inputs.map((value) => (uses.get(value) === 1 ? nodeOf(value, 'MatMul') : undefined));
  const [a, x] = (first?.inputs ?? []) as Value[];
  const [b, y] = (second?.inputs ?? []) as Value[];
  if (!a || a !== b || !x || !y || `${x.shape}` !== `${y.shape}`) return undefined;
  return nodeOf(x) && nodeOf(y) ? [a, x, y] : undefined;
}

/**
 * Emits layer normalization and exact GELU as one node each, and two products with the same left factor, when they are added, as a product
 * with a sum. Changes the graph in place; results agree to rounding.
 */
export function fusePatterns(graph: Graph): void {
  const nodes = graph.nodes();
  const uses = new Map<Value, number>();
  for (const value of [...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ value }) => value)])
    uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of nodes as Mutable[]) {
    const norm = node.operation === 'Add' ? layerNorm(node, uses) : undefined;
    if (norm) {
      node.operation = 'LayerNormalization';
      node.inputs = norm.inputs;
      node.attributes = { axis: -1 };
      node.floats = { epsilon: norm.epsilon };
    }
    const product = node.operation === 'Add' ? sharedProduct(node, uses) : undefined;
    if (product) {
      const [a, x, y] = product;
      node.operation = 'MatMul';
      node.inputs = [a, graph.add('Add', [x, y], x.shape)];
    }
    const x = node.operation === 'Mul' ? geluInput(node, (value) => uses.get(value) === 1) : undefined;
    if (x) {
      node.operation = 'Gelu';
      node.inputs = [x];
    }
  }
}
