// Parity of single layers: forward values, and gradients of Σ output·cotangent.
import {
  disposeParameters,
  loadParameters,
  type ParameterSpec,
  type ParametersOf,
  resizeBilinear,
  shapesOf,
  type Tree,
  trainable,
  valueAndGradients,
  variablesOf,
} from '@medclipseg/nn';
import { replayedNoise } from '@medclipseg/nn/testing';
import {
  crossAttentionSpec,
  probabilisticCrossAttention,
  pvlAdapter,
  pvlAdapterSpec,
  twoWay,
  twoWaySpec,
} from '@medclipseg/pvl-attention';
import { crossAttentionKeys, pvlAdapterKeys, twoWayKeys } from '@medclipseg/pvl-attention/internal';
import { type KeyRule, readMapped, stripPrefix, type TensorFile } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { decoderKeys, decoderSpec, scaleBlock } from 'medclipseg/internal';
import { channelsLast, FLOOR, gradientError, largest, learn, readNumbered, toTensor, worstError } from '../compare.ts';
import type { Row } from '../report.ts';

/** How a golden file of one kind of layer is run. */
interface Layer {
  /** Names of its files. */
  readonly file: RegExp;
  spec(metadata: Readonly<Record<string, string>>): Tree<ParameterSpec>;
  readonly rules: readonly KeyRule[];
  run(
    parameters: never,
    inputs: tf.Tensor[],
    noise: tf.Tensor[],
    metadata: Readonly<Record<string, string>>,
  ): tf.Tensor[];
}

const number = (metadata: Readonly<Record<string, string>>, ...names: string[]): number => {
  const name = names.find((n) => n in metadata);
  if (!name) throw new Error(`metadata: expected ${names.join(' or ')}, got ${Object.keys(metadata).join(', ')}.`);
  return Number(metadata[name]);
};

const layer = <S>(entry: {
  file: RegExp;
  spec: (metadata: Readonly<Record<string, string>>) => S;
  rules: readonly KeyRule[];
  run: (
    parameters: ParametersOf<S>,
    inputs: tf.Tensor[],
    noise: tf.Tensor[],
    metadata: Readonly<Record<string, string>>,
  ) => tf.Tensor[];
}): Layer => entry as unknown as Layer;

const first = (tensors: tf.Tensor[], i = 0) => tensors[i] as tf.Tensor;

const layers: readonly Layer[] = [
  layer({
    file: /prob-cross-attention/,
    spec: (m) => crossAttentionSpec(number(m, 'dim', 'adapter_dim', 'width')),
    rules: crossAttentionKeys,
    run: (p, inputs, noise, m) => [
      probabilisticCrossAttention(p, first(inputs), first(inputs, 1), { beta: number(m, 'beta'), noise: noise[0] }),
    ],
  }),
  layer({
    file: /two-way/,
    spec: (m) => twoWaySpec(number(m, 'dim', 'adapter_dim', 'width')),
    rules: twoWayKeys,
    run: (p, inputs, noise, m) => {
      const out = twoWay(p, first(inputs), first(inputs, 1), { beta: number(m, 'beta'), noise: replayedNoise(noise) });
      return [out.image, out.text];
    },
  }),
  layer({
    file: /adapter/,
    spec: (m) =>
      pvlAdapterSpec({
        imageWidth: number(m, 'vision_dim'),
        textWidth: number(m, 'text_dim'),
        width: number(m, 'adapter_dim'),
      }),
    rules: pvlAdapterKeys(),
    run: (p, inputs, noise, m) => {
      const out = pvlAdapter(p, first(inputs), first(inputs, 1), {
        beta: number(m, 'beta'),
        noise: replayedNoise(noise),
      });
      return [out.image, out.text];
    },
  }),
];

/** Compares a golden file of a layer; images are NCHW. */
export async function layerParity(name: string, file: TensorFile): Promise<Row[] | undefined> {
  const entry = name.includes('pvl-attention') ? layers.find((l) => l.file.test(name)) : undefined;
  if (!entry) return name.includes('decoder/') ? decoderParity(name, file) : undefined;
  return compareLayer(name, file, entry);
}

async function compareLayer(name: string, file: TensorFile, entry: Layer): Promise<Row[]> {
  const { metadata } = file;
  const spec = entry.spec(metadata);
  const expected = shapesOf(spec);
  const load = (prefix: string) => readMapped(stripPrefix(file, prefix), entry.rules, expected);
  const parameters = trainable(loadParameters(spec, await load('param.')));
  const inputs = (await readNumbered(file, 'input.')).map(learn);
  const noise = await readNumbered(file, 'noise.');
  const cotangents = await readNumbered(file, 'cotangent.');
  const variables = new Map<string, tf.Variable>([
    ...variablesOf(parameters),
    ...inputs.map((input, i): [string, tf.Variable] => [`input.${i}`, input]),
  ]);
  let outputs: tf.Tensor[] = [];
  const { value, gradients } = valueAndGradients(() => {
    outputs = entry.run(parameters as never, inputs, noise, metadata).map((t) => tf.keep(t));
    return outputs
      .map((t, i) => tf.sum(tf.mul(t, tf.reshape(cotangents[i] as tf.Tensor, t.shape))))
      .reduce((a, b) => tf.add(a, b)) as tf.Scalar;
  }, variables);
  const rows: Row[] = [];
  for (const [i, output] of outputs.entries())
    rows.push({
      file: name,
      quantity: `output ${i}`,
      error: worstError(await output.data(), (await file.read(`output.${i}`)).data),
      tolerance: 1e-5,
    });
  const expectedGradients = await load('grad.param.');
  for (const key of gradients.keys())
    if (key.startsWith('input.')) expectedGradients.set(key, await file.read(`grad.${key}`));
  const floor = FLOOR * Math.max(...[...expectedGradients.values()].map(({ data }) => largest(data)));
  let worst = 0;
  for (const [key, gradient] of gradients) {
    const truth = expectedGradients.get(key);
    worst = Math.max(worst, truth ? gradientError(await gradient.data(), truth.data, floor) : Number.POSITIVE_INFINITY);
  }
  rows.push({ file: name, quantity: `${gradients.size} gradients`, error: worst, tolerance: 1e-4 });
  tf.dispose([value, ...gradients.values(), ...inputs, ...noise, ...cotangents, ...outputs]);
  disposeParameters(parameters);
  return rows;
}

/** The decoder's files contain images as NCHW, and parameters with several prefixes. */
async function decoderParity(name: string, file: TensorFile): Promise<Row[]> {
  const whole = name.includes('upscale');
  const names = [...file.tensors.keys()].filter((key) => key.startsWith('param.'));
  const indices = names.map((key) => Number(/^param\.(?:upscale\.)?(\d+)\./.exec(key)?.[1] ?? 0));
  const blocks = Math.max(...indices) + 1;
  const width = file.tensors.get('input.0')?.shape[1] as number;
  const spec = { upscale: decoderSpec(width, blocks).upscale };
  const prefix = names.some((key) => key.startsWith('param.upscale.')) ? 'upscale.{i}.' : whole ? '{i}.' : '';
  const rules = decoderKeys
    .filter(({ parameter }) => parameter.startsWith('upscale.'))
    .map((rule) => ({
      ...rule,
      parameter: prefix === '' ? rule.parameter.replace('{i}', '0') : rule.parameter,
      key: (rule.key as string).replace('upscale.{i}.', prefix),
    }));
  return compareLayer(name, nchwAsNhwc(file), {
    file: /./,
    spec: () => spec,
    rules,
    run: (parameters: { upscale: Parameters<typeof scaleBlock>[0][] }, inputs: tf.Tensor[]) => {
      const map = parameters.upscale.reduce((y, block) => scaleBlock(block, y), first(inputs));
      if (!whole) return [map];
      const size = file.tensors.get('output.0')?.shape.slice(-2) as [number, number];
      const [batch, h, w] = map.shape as [number, number, number];
      const channel = tf.reshape(tf.slice(map, [0, 0, 0, 0], [batch, h, w, 1]), [batch, h, w]);
      return [resizeBilinear(channel, size)];
    },
  } as unknown as Layer);
}

/** The same file with image tensors in NHWC. */
function nchwAsNhwc(file: TensorFile): TensorFile {
  return {
    ...file,
    async read(name) {
      const value = await file.read(name);
      if (!/^(input|output|cotangent|grad\.input)\./.test(name) || value.shape.length !== 4) return value;
      const tensor = toTensor(value);
      const turned = channelsLast(tensor);
      const result = { shape: turned.shape, data: (await turned.data()) as Float32Array };
      tf.dispose([tensor, turned]);
      return result;
    },
  };
}
