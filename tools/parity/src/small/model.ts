// Parity of a small model: weight files, forward pass and eight training steps.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { disposeParameters, flatten, freeze, loadParameters, shapesOf, trainable, variablesOf } from '@medclipseg/nn';
import { replayedNoise } from '@medclipseg/nn/testing';
import { readMapped, stripPrefix, type TensorFile, type TensorValue } from '@medclipseg/weights';
import { openTensorFile } from '@medclipseg/weights/node';
import * as tf from '@tensorflow/tfjs-core';
import { binaryEntropy, type ModelConfig, type ModelParameters, type Network } from 'medclipseg';
import { checkpointKeys, modelSpec, TRAINABLE_PARAMETERS, trainingEngineFor } from 'medclipseg/internal';
import {
  FLOOR,
  gradientError,
  inputs,
  largest,
  readNumbered,
  readNumberedValues,
  toTensor,
  worstError,
} from '../compare.ts';
import { onnxForward, tfjsForward } from '../forward.ts';
import { perturbed } from '../perturb.ts';
import type { Row } from '../report.ts';

/** Sizes in the metadata of the golden files. */
interface GoldenConfig {
  readonly vision_width: number;
  readonly text_width: number;
  readonly proj_dim: number;
  readonly patch: number;
  readonly image: number;
  readonly layers: number;
  readonly fusion_layers: readonly number[];
  readonly adapter_dim: number;
  readonly context: number;
  readonly vocab: number;
  readonly vision_heads: number;
  readonly text_heads: number;
  readonly num_upscale: number;
  readonly beta: number;
  readonly gate_init: number;
  readonly temperature: number;
}

/** The model's configuration; hidden widths and the length of BERT's position table follow from the weights. */
function configOf(family: FamilyName, golden: GoldenConfig, weights: TensorFile): ModelConfig {
  const { vision, textKind, preprocessing } = families[family];
  const shape = (pattern: RegExp) => [...weights.tensors].find(([name]) => pattern.test(name))?.[1].shape;
  return {
    vision: {
      ...vision,
      imageSize: golden.image,
      patch: golden.patch,
      width: golden.vision_width,
      layers: golden.layers,
      heads: golden.vision_heads,
      mlpWidth: shape(/vision_model\..*\.0\.mlp\.(c_fc|fc1)\.weight$/)?.[0] as number,
      outputs: golden.proj_dim,
    },
    text: {
      kind: textKind,
      vocabulary: golden.vocab,
      context: golden.context,
      width: golden.text_width,
      layers: golden.layers,
      heads: golden.text_heads,
      mlpWidth: shape(/text_model\..*\.0\.(mlp\.c_fc|intermediate\.dense)\.weight$/)?.[0] as number,
      outputs: golden.proj_dim,
      positions: shape(/position_embeddings\.weight$/)?.[0],
      projectionWidth: shape(/text_model\.proj\.0\.weight$/)?.[0],
    },
    adapters: {
      width: golden.adapter_dim,
      layers: golden.fusion_layers,
      beta: golden.beta,
      gate: golden.gate_init,
    },
    upscaleBlocks: golden.num_upscale,
    preprocessing,
  };
}

export interface ModelParityOptions {
  /** Added to one adapter's gate. */
  readonly perturbGate?: number;
  /** Computes forward passes and training steps in ONNX Runtime. */
  readonly onnx?: boolean;
}

/** Compares the golden folder of one family. */
export async function modelParity(
  folder: string,
  name: string,
  { perturbGate = 0, onnx = false }: ModelParityOptions = {},
): Promise<Row[]> {
  const family = name.replace(/-tiny$/, '') as FamilyName;
  const forward = await openTensorFile(join(folder, 'forward.safetensors'));
  const golden = JSON.parse(forward.metadata.config as string) as GoldenConfig;
  const rows: Row[] = [];

  // All weight files must contain the same numbers.
  let config: ModelConfig | undefined;
  let weights: Map<string, TensorValue> | undefined;
  for (const file of ['checkpoint.pth', 'model.safetensors', 'model.pth', 'model-legacy.pth']) {
    if (!existsSync(join(folder, file))) continue;
    const whole = await openTensorFile(join(folder, file));
    const model = [...whole.tensors.keys()].some((key) => key.startsWith('model.'))
      ? stripPrefix(whole, 'model.')
      : whole;
    config ??= configOf(family, golden, model);
    const expected = shapesOf(modelSpec(config));
    const values = await readMapped(
      model,
      checkpointKeys(family),
      expected,
      { ignore: families[family].ignored },
      ({ shape, data }, key) => ({ shape, data: perturbed(key, data, perturbGate) }),
    );
    await whole.close();
    if (weights) {
      let worst = 0;
      for (const [key, { data }] of values)
        worst = Math.max(worst, worstError(data, weights.get(key)?.data ?? new Float32Array()));
      rows.push({ file: `${name}/${file}`, quantity: 'weights', error: worst, tolerance: 0 });
    }
    weights ??= values;
  }
  if (!config || !weights) throw new Error(`${folder}: expected a weight file, got none.`);

  rows.push(...(await forwardParity(name, forward, config, weights, onnx)));
  await forward.close();
  const training = await openTensorFile(join(folder, 'train.safetensors'));
  rows.push(...(await trainingParity(name, family, training, config, weights, onnx)));
  await training.close();
  return rows;
}

const build = (config: ModelConfig, weights: ReadonlyMap<string, TensorValue>): ModelParameters =>
  loadParameters(modelSpec(config), weights) as unknown as ModelParameters;

async function forwardParity(
  name: string,
  file: TensorFile,
  config: ModelConfig,
  weights: ReadonlyMap<string, TensorValue>,
  onnx: boolean,
): Promise<Row[]> {
  const network: Network = { config, parameters: freeze(build(config, weights)) };
  const { image, prompts } = await inputs(file);
  const rows: Row[] = [];
  const compare = async (quantity: string, actual: ArrayLike<number>, key: string, tolerance = 1e-4) =>
    rows.push({ file: name, quantity, error: worstError(actual, (await file.read(key)).data), tolerance });

  const pixels = config.vision.imageSize ** 2 * (image.shape[0] as number);
  const mean = new Float64Array(pixels);
  const forward = onnx ? await onnxForward(network, image, prompts) : tfjsForward(network, image, prompts);
  let samples = 0;
  for (; file.tensors.has(`sample.${samples}.logits`); samples++) {
    const { logits } = await forward.run(await readNumberedValues(file, `sample.${samples}.noise.`));
    await compare(`sample ${samples} logits`, logits, `sample.${samples}.logits`);
    logits.forEach((z, i) => {
      mean[i] = (mean[i] as number) + 1 / (1 + Math.exp(-z));
    });
  }
  const probability = mean.map((sum) => sum / samples);
  await compare('probability', probability, 'probability');
  await compare('uncertainty', probability.map(binaryEntropy), 'uncertainty');

  const features = await forward.run(await readNumberedValues(file, 'encode.noise.'));
  await compare('text features', features.text, 'encode.text_features');
  const dense = file.tensors.has('encode.patch_features') ? 'encode.patch_features' : 'encode.image_features';
  const { shape, data } = await file.read(dense);
  const [batch, tokens, width] = shape as [number, number, number];
  const count = features.patches.length / (batch * width);
  // The golden features of the BERT families start with the class token.
  const patches = Array.from({ length: batch }, (_, b) =>
    Array.from(data.subarray((b * tokens + tokens - count) * width, (b + 1) * tokens * width)),
  ).flat();
  rows.push({
    file: name,
    quantity: 'patch features',
    error: worstError(features.patches, patches),
    tolerance: 1e-4,
  });
  await forward.dispose();
  tf.dispose([image, prompts.ids]);
  disposeParameters(network.parameters);
  return rows;
}

async function trainingParity(
  name: string,
  family: FamilyName,
  file: TensorFile,
  config: ModelConfig,
  weights: ReadonlyMap<string, TensorValue>,
  onnx: boolean,
): Promise<Row[]> {
  const golden = JSON.parse(file.metadata.config as string) as GoldenConfig;
  const network: Network = { config, parameters: trainable(build(config, weights), TRAINABLE_PARAMETERS) };
  const variables = variablesOf(network.parameters);
  const { image, prompts } = await inputs(file);
  const maskTensor = toTensor(await file.read('mask'));
  const makeEngine = await trainingEngineFor(onnx ? 'onnx' : 'tfjs');
  const engine = makeEngine(network, { loss: { temperature: golden.temperature } });
  const rows: Row[] = [];
  const expected = new Map([...variables].map(([key, { shape }]) => [key, shape as readonly number[]]));
  const trained = (prefixed: string) => {
    const part = stripPrefix(file, prefixed);
    return readMapped(part, checkpointKeys(family), expected);
  };
  let worstLoss = 0;
  let step = 0;
  let rates = 0;
  for (; file.tensors.has(`step.${step}.loss`); step++) {
    const noise = await readNumbered(file, `step.${step}.noise.`);
    const part = { image, mask: maskTensor, prompts, noise: replayedNoise(noise) };
    const { loss, gradients: read, apply } = await engine.differentiate([part]);
    const gradients = await read();
    for (const [key, value] of [
      ['loss', loss.total],
      ['dice', loss.dice],
      ['bce', loss.crossEntropy],
      ['contrastive', loss.contrastive],
    ] as const) {
      const truth = (await file.read(`step.${step}.${key}`)).data;
      worstLoss = Math.max(worstLoss, gradientError([value], truth));
    }
    if (step === 0) {
      const truths = await trained('step.0.grad.');
      const floor = FLOOR * Math.max(...[...truths.values()].map(({ data }) => largest(data)));
      let worst = 0;
      for (const [key, truth] of truths)
        worst = Math.max(worst, gradientError(gradients.get(key) as Float32Array, truth.data, floor));
      rows.push({ file: name, quantity: `${gradients.size} gradients of step 0`, error: worst, tolerance: 1e-4 });
    }
    const rate = (await file.read(`step.${step}.lr`)).data[0] as number;
    rates += rate;
    apply({ learningRate: rate });
    tf.dispose(noise);
  }
  rows.push({ file: name, quantity: `losses of ${step} steps`, error: worstLoss, tolerance: 1e-4 });
  // A bias added to all keys has no gradient except rounding noise, which Adam scales to steps of the learning rate's size.
  let worst = 0;
  let drift = 0;
  for (const [key, truth] of await trained('final.')) {
    const actual = await (flatten(network.parameters).get(key) as tf.Tensor).data();
    if (key.endsWith('keyNorm.bias')) drift = Math.max(drift, worstError(actual, truth.data));
    else worst = Math.max(worst, gradientError(actual, truth.data));
  }
  rows.push({ file: name, quantity: 'final parameters', error: worst, tolerance: 1e-3 });
  rows.push({ file: name, quantity: 'final key biases (noise)', error: drift, tolerance: 2 * rates });
  await engine.dispose();
  tf.dispose([image, prompts.ids, maskTensor]);
  disposeParameters(network.parameters);
  return rows;
}
