// Writes a graph as a standard ONNX file, with its weights inside, in a file next to it, or in an existing safetensors file.
import { bytesOf, Encoder, type Precision, type WeightPlacement } from './encoder.ts';
import { OnnxError } from './errors.ts';
import type { Graph, Value } from './graph.ts';
import { encodeModel } from './proto.ts';
import { isQuantizable, Quantizer } from './quantize.ts';

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

async function encodeNodes(encoder: Encoder): Promise<void> {
  const quantizer = new Quantizer(encoder);
  for (const node of encoder.graph.nodes()) {
    if (encoder.precision === 'int8' && isQuantizable(node)) {
      await quantizer.product(node);
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
