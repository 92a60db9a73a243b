// The steps of a training as ONNX graphs, traced from the functions that TensorFlow.js runs. What learns is an input, what is frozen a weight.
import type { TokenBatch } from '@medclipseg/clip-encoders';
import { type LossOptions, segmentationLoss } from '@medclipseg/losses';
import { flatten, mapParameters, type Noise, variablesOf } from '@medclipseg/nn';
import { type DeclareInput, type Graph, type InputDescription, trace } from '@medclipseg/onnx';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../../config.ts';
import {
  encodePrefix,
  firstBlock,
  type Network,
  predictLogits,
  type Tokens,
  tensorsOf,
  tokensOf,
  trunk,
} from '../../network.ts';
import { backward } from '../backward.ts';
import type { MicroBatch } from '../batch.ts';
import { batchObjective, type Objective, partObjective, vectorsOf } from '../objective.ts';

/** A random tensor that a graph takes as an input. Its first axis is the batch. */
export interface RandomInput {
  readonly name: string;
  readonly shape: readonly number[];
  /** Draws it for the rows of a batch: as values where they can be had, else as a tensor. */
  draw(batch: MicroBatch, shape: readonly number[]): Float32Array | tf.Tensor | undefined;
}

export interface StepGraph {
  readonly graph: Graph;
  readonly random: readonly RandomInput[];
}

/** What differs between batches and is fixed in a graph. */
export interface BatchShape {
  /** Tokens per prompt, padding included. */
  readonly length: number;
  /** Of which the graph computes the leading ones where padding has no effect. */
  readonly used: number;
  readonly noise: boolean;
  readonly dropout: boolean;
}

/** Inputs of a batch by name. */
type BatchInput = 'image' | 'mask' | 'token_ids' | 'share' | 'contrast_image' | 'contrast_text';

const BATCH = 'batch';

/** The prefix of names of outputs that are gradients. */
const GRADIENT = 'gradient.';

export const gradientName = (parameter: string): string => `${GRADIENT}${parameter}`;

export const isGradient = (output: string): boolean => output.startsWith(GRADIENT);

interface Traced {
  /** With the inputs of the graph in place of what learns. */
  readonly network: Network;
  readonly inputs: Readonly<Record<BatchInput, tf.Tensor>>;
  readonly prompts: TokenBatch;
  readonly noise: Noise | undefined;
  /** Nothing where the graph begins with images and token ids. */
  readonly start: Tokens | undefined;
}

const batchInputs = (
  { vision }: ModelConfig,
  rows: number | string,
  length: number,
): Readonly<Record<BatchInput, InputDescription>> => ({
  image: { shape: [rows, vision.imageSize, vision.imageSize, 3] },
  mask: { shape: [rows, vision.imageSize, vision.imageSize] },
  token_ids: { shape: [rows, length], dtype: 'int32' },
  share: { shape: [] },
  contrast_image: { shape: [rows, vision.outputs] },
  contrast_text: { shape: [rows, vision.outputs] },
});

/** Noise and dropout masks become inputs, each under one name however often it is asked for. */
function randomInputs(declare: DeclareInput, random: RandomInput[]) {
  const once = (name: string, shape: readonly number[], draw: RandomInput['draw']) => {
    if (!random.some((input) => input.name === name)) random.push({ name, shape, draw });
    return declare(name, shape);
  };
  return {
    noise: {
      draw: (site, shape) =>
        once(
          `noise_${site.adapter}_${site.direction}`,
          shape,
          ({ noise }, actual) => noise?.values?.(site, actual) ?? noise?.draw(site, actual),
        ),
    } satisfies Noise,
    dropout: {
      mask: (site: string, shape: readonly number[]) =>
        once(`dropout_${site}`, shape, ({ prompts }, actual) => prompts.dropout?.mask(site, actual)),
    },
  };
}

/** Leaves out the inputs that nothing uses, such as parameters of the decoder where only features are computed. */
function removeUnused(graph: Graph): void {
  const used = new Set(graph.nodes().flatMap(({ inputs }) => inputs));
  for (const { value } of graph.outputs) used.add(value);
  const kept = graph.inputs.filter((value) => used.has(value));
  graph.inputs.splice(0, graph.inputs.length, ...kept);
}

/** @param prefix computes what the step starts from; without it, the step starts from images and token ids */
function traceStep(
  network: Network,
  prefix: StepGraph | undefined,
  { length, used, noise: isNoisy, dropout: hasDropout }: BatchShape,
  rows: number | string,
  names: readonly BatchInput[],
  fn: (step: Traced) => Record<string, tf.Tensor>,
): StepGraph {
  const variables = variablesOf(network.parameters);
  const frozen = [...flatten(network.parameters)].filter(([name]) => !variables.has(name));
  const described = batchInputs(network.config, rows, length);
  const starts = prefix?.graph.outputs ?? [];
  const random: RandomInput[] = [];
  const graph = trace(
    (given: Readonly<Record<string, tf.Tensor>>, declare) => {
      const { noise, dropout } = randomInputs(declare, random);
      const ids = given.token_ids as tf.Tensor;
      const parameters = mapParameters(network.parameters, (tensor, name) =>
        variables.has(name) ? tf.variable(given[name] as tf.Tensor) : tensor,
      );
      const start = starts.map(({ name }) => given[name] as tf.Tensor);
      return fn({
        network: { config: network.config, parameters },
        inputs: given,
        prompts: { ids, used, dropout: hasDropout ? dropout : undefined },
        noise: isNoisy ? noise : undefined,
        start: start.length > 0 ? tokensOf(start, firstBlock(network.config)) : undefined,
      });
    },
    {
      ...Object.fromEntries(names.map((name) => [name, described[name]])),
      ...Object.fromEntries(starts.map(({ name, value: { shape } }) => [name, { shape: [rows, ...shape.slice(1)] }])),
      ...Object.fromEntries([...variables].map(([name, { shape }]) => [name, { shape }])),
    },
    { parameters: new Map(frozen) },
  );
  removeUnused(graph);
  return { graph, random };
}

/** Names of the tokens before the first adapter, and of the maps of the stem that the decoder uses. */
const startNames = (tokens: Tokens): string[] => [
  'image_tokens',
  'text_tokens',
  ...(tokens.stem ?? []).map((_, i) => `stem_${i}`),
];

/** What frozen encoders compute before the first adapter, which the other graphs start from. */
export const prefixGraph = (network: Network, shape: BatchShape): StepGraph =>
  traceStep(network, undefined, { ...shape, noise: false }, BATCH, ['image', 'token_ids'], (step) => {
    const tokens = encodePrefix(step.network, step.inputs.image, step.prompts);
    const names = startNames(tokens);
    return Object.fromEntries(tensorsOf(tokens).map((tensor, i) => [names[i], tensor]));
  });

/** Images are an input only where no prefix has read them. */
const beginning = (prefix: StepGraph | undefined): BatchInput[] => [...(prefix ? [] : ['image' as const]), 'token_ids'];

const features = ({ network, inputs, prompts, noise, start }: Traced) =>
  trunk(network, start ?? encodePrefix(network, inputs.image, prompts), prompts, { noise });

/** The vectors that the contrastive loss of a batch compares: `image_vectors` and `text_vectors`, [B, outputs]. */
export const vectorsGraph = (network: Network, prefix: StepGraph | undefined, shape: BatchShape): StepGraph =>
  traceStep(network, prefix, shape, BATCH, beginning(prefix), (step) => {
    const { image, text } = vectorsOf(features(step));
    return { image_vectors: image, text_vectors: text };
  });

/** `logits` [B, size, size] and the segmentation `loss`. */
export const evaluationGraph = (
  network: Network,
  prefix: StepGraph | undefined,
  shape: BatchShape,
  options: LossOptions,
): StepGraph =>
  traceStep(network, prefix, shape, BATCH, [...beginning(prefix), 'mask'], (step) => {
    const logits = predictLogits(step.network, features(step));
    return { logits, loss: segmentationLoss(logits, step.inputs.mask, undefined, options).total };
  });

export interface GradientGraphOptions {
  readonly loss: LossOptions;
  readonly recompute: boolean | undefined;
  /** Differentiates a part of a batch, given the gradients of the contrastive loss and the part's `share`. */
  readonly isPart: boolean;
}

/** The `terms` of an objective and its gradients. The number of rows is fixed, since gradients of means contain it. */
export const gradientGraph = (
  network: Network,
  prefix: StepGraph | undefined,
  shape: BatchShape,
  rows: number,
  { loss, recompute, isPart }: GradientGraphOptions,
): StepGraph => {
  const more: readonly BatchInput[] = isPart ? ['share', 'contrast_image', 'contrast_text'] : [];
  const names = [...beginning(prefix), 'mask', ...more] as const;
  return traceStep(network, prefix, shape, rows, names, ({ network, inputs, prompts, noise, start }) => {
    const contrast = { image: inputs.contrast_image, text: inputs.contrast_text };
    let kept: tf.Tensor | undefined;
    const { gradients } = backward(
      network,
      { image: inputs.image, mask: inputs.mask, prompts },
      variablesOf(network.parameters),
      start,
      (found) => {
        const { total, terms }: Objective = isPart
          ? partObjective(network, found, inputs.mask, { ...loss, share: inputs.share as tf.Scalar, contrast })
          : batchObjective(network, found, inputs.mask, loss);
        kept = tf.keep(terms);
        return total;
      },
      { noise, recompute },
    );
    const terms = tf.clone(kept as tf.Tensor);
    kept?.dispose();
    const named = [...gradients].map(([name, gradient]) => [gradientName(name), gradient]);
    return { terms, ...Object.fromEntries(named) };
  });
};
