// One family at its published size: weights, noise and inputs by the rule, outputs and one training step against the reference's.
import { type FamilyName, families, tokenBatch } from '@medclipseg/clip-encoders';
import { encoderConfigs } from '@medclipseg/clip-encoders/internal';
import { normalizePixels } from '@medclipseg/datasets';
import { assemble, disposeParameters, shapesOf, trainable, variablesOf } from '@medclipseg/nn';
import { replayedNoise } from '@medclipseg/nn/testing';
import { readMapped, type TensorFile, tensorsInMemory, writeMapped } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { binaryEntropy, type ModelConfig, type ModelParameters, type Network } from 'medclipseg';
import { checkpointKeys, lossAndGradients, modelSpec, TRAINABLE_PARAMETERS, trainedKeys } from 'medclipseg/internal';
import { largest } from '../compare.ts';
import { onnxForward, tfjsForward } from '../forward.ts';
import { perturbed } from '../perturb.ts';
import { publishedParts } from '../published-sizes.ts';
import type { Row } from '../report.ts';
import { checkpointHash, generatedCheckpoint, noiseDraws, noiseHash } from './checkpoint.ts';

export interface FamilyOptions {
  /** Added to one adapter's gate, to show that the comparison notices. */
  readonly perturbGate?: number;
  /** Runs forward passes in ONNX Runtime; the training step is left out. */
  readonly onnx?: boolean;
}

const json = <T>(file: TensorFile, name: string): T => JSON.parse(file.metadata[name] as string) as T;

/** Builds the model from a checkpoint; the caller disposes its parameters. */
async function openNetwork(family: FamilyName, checkpoint: TensorFile, perturbGate: number): Promise<Network> {
  const config: ModelConfig = {
    ...encoderConfigs(family, checkpoint, families[family].keys),
    ...publishedParts,
    preprocessing: families[family].preprocessing,
  };
  const spec = modelSpec(config);
  const tensors = await readMapped(
    checkpoint,
    checkpointKeys(family),
    shapesOf(spec),
    { ignore: families[family].ignored },
    ({ shape, data }, name) => tf.tensor(perturbed(name, data, perturbGate), [...shape]),
  );
  const parameters = trainable(assemble(spec, tensors), TRAINABLE_PARAMETERS) as unknown as ModelParameters;
  return { config, parameters };
}

/** The stored inputs as the model takes them; the caller disposes them. */
async function openInputs(file: TensorFile, { preprocessing }: ModelConfig) {
  const { shape, data } = await file.read('pixels');
  const [batch, height, width] = shape as [number, number, number];
  // Stored blue first; an image of ours has red first.
  const rgb = Uint8Array.from(data, (_, i) => data[i - (i % 3) + 2 - (i % 3)] as number);
  const normalized = new Float32Array(rgb.length);
  normalizePixels({ width, height: batch * height, channels: 3, data: rgb }, preprocessing, normalized);
  const mask = await file.read('mask');
  const ids = await file.read('token_ids');
  const context = ids.shape[1] as number;
  return {
    image: tf.tensor(normalized, [...shape]),
    mask: tf.tensor(mask.data, [...mask.shape]),
    prompts: tokenBatch(
      Array.from({ length: batch }, (_, i) => Int32Array.from(ids.data.subarray(i * context, (i + 1) * context))),
    ),
  };
}

/** Largest difference, relative to the largest expected entry. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  return absoluteError(actual, expected) / largest(expected);
}

function absoluteError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return worst;
}

/** Euclidean norms of gradients by the reference's names. */
async function normsOf(gradients: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, number>> {
  const values = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, { shape, data }] of await dataOf(gradients)) values.set(name, { shape, data });
  const norms = new Map<string, number>();
  for (const [name, tensor] of writeMapped(tensorsInMemory(values), trainedKeys)) {
    const bytes = await tensor.bytes();
    const entries = new Float32Array(bytes.slice().buffer);
    norms.set(name, Math.sqrt(entries.reduce((sum, v) => sum + v * v, 0)));
  }
  return norms;
}

const dataOf = async (tensors: ReadonlyMap<string, tf.Tensor>) =>
  Promise.all(
    [...tensors].map(
      async ([name, tensor]) =>
        [name, { shape: tensor.shape as readonly number[], data: (await tensor.data()) as Float32Array }] as const,
    ),
  );

/**
 * Worst error of the norms, as a share of the expected norm plus a thousandth of the norm of all of them together: key biases have no
 * gradient in exact arithmetic.
 */
function normError(actual: ReadonlyMap<string, number>, expected: Readonly<Record<string, number>>): number {
  const names = Object.keys(expected);
  if (names.length !== actual.size) return Number.POSITIVE_INFINITY;
  const total = Math.hypot(...Object.values(expected));
  return Math.max(
    ...names.map((name) => {
      const [norm, truth] = [actual.get(name) ?? Number.NaN, expected[name] as number];
      const error = Math.abs(norm - truth) / (truth + 1e-3 * total);
      return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    }),
  );
}

/** Compares everything that a golden file holds. */
export async function familyParity(
  file: TensorFile,
  { perturbGate = 0, onnx = false }: FamilyOptions = {},
): Promise<Row[]> {
  const family = file.metadata.family as FamilyName;
  const rows: Row[] = [];
  const add = (quantity: string, error: number, tolerance = 1e-4) =>
    rows.push({ file: family, quantity, error, tolerance });

  const checkpoint = generatedCheckpoint(json(file, 'tensors'));
  add('SHA-256 of the weights', (await checkpointHash(checkpoint)) === file.metadata.weights_sha256 ? 0 : 1, 0);
  const network = await openNetwork(family, checkpoint, perturbGate);
  const { config } = network;
  const { image, mask, prompts } = await openInputs(file, config);
  const [batch, context] = prompts.ids.shape as [number, number];
  const drawsOf = (sample: string) =>
    noiseDraws(sample, {
      adapters: config.adapters.layers.length,
      textShape: [batch, context, config.adapters.width],
      imageShape: [batch, (config.vision.imageSize / config.vision.patch) ** 2 + 1, config.adapters.width],
    });
  add('SHA-256 of the noise', noiseHash(drawsOf('0')) === file.metadata.noise_sha256 ? 0 : 1, 0);
  /** Runs `use` with the noise of a sample. */
  const withNoise = async <T>(sample: string, use: (noise: ReturnType<typeof replayedNoise>) => Promise<T> | T) => {
    const tensors = drawsOf(sample).map(({ shape, data }) => tf.tensor(data, [...shape]));
    try {
      return await use(replayedNoise(tensors));
    } finally {
      tf.dispose(tensors);
    }
  };

  const passes = onnx ? await onnxForward(network, image, prompts) : tfjsForward(network, image, prompts);
  const forward = (sample: string) => passes.run(drawsOf(sample));

  const samples = [await forward('0'), await forward('1')];
  const both = (name: 'text' | 'logits') => Float32Array.from(samples.flatMap((sample) => [...sample[name]]));
  const expected = async (name: string) => (await file.read(name)).data;
  add('logits', relativeError(both('logits'), await expected('logits')));
  add('text features', relativeError(both('text'), await expected('text_features')));
  add('patch features', relativeError(samples[0]?.patches ?? [], await expected('patch_features')));
  const probability = (await expected('probability')).map((_, i) => {
    const sum = samples.reduce((total, { logits }) => total + 1 / (1 + Math.exp(-(logits[i] as number))), 0);
    return sum / samples.length;
  });
  add('probability', absoluteError(probability, await expected('probability')));
  add('entropy', absoluteError(probability.map(binaryEntropy), await expected('entropy')));

  add('training logits', relativeError((await forward('train')).logits, await expected('train_logits')));
  await passes.dispose();
  if (onnx) {
    tf.dispose([image, mask, prompts.ids]);
    disposeParameters(network.parameters);
    return rows;
  }
  const variables = variablesOf(network.parameters);
  const { loss, gradients } = await withNoise('train', (noise) =>
    // BERT's activations over 256 tokens do not fit into the memory of wasm.
    lossAndGradients(network, { image, mask, prompts }, variables, { noise, recompute: config.text.kind === 'bert' }),
  );
  const losses = json<Record<string, number>>(file, 'train_losses');
  for (const [name, value] of [
    ['total', loss.total],
    ['dice', loss.dice],
    ['bce', loss.crossEntropy],
    ['contrastive', loss.contrastive],
  ] as const)
    add(`loss: ${name}`, relativeError([value], [losses[name] as number]));
  const norms = await normsOf(gradients);
  add(`${norms.size} gradient norms`, normError(norms, json(file, 'train_gradient_norms')), 1e-3);

  tf.dispose([image, mask, prompts.ids, ...gradients.values()]);
  disposeParameters(network.parameters);
  return rows;
}
