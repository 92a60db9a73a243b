// A whole published model at full size: a checkpoint as training leaves it, one forward pass with the reference's noise.
import { type FamilyName, families, towerConfigs } from '@medclipseg/clip-encoders';
import { assemble, freeze, replayedNoise, shapesOf } from '@medclipseg/nn';
import { readMapped, stripPrefix, type TensorFile } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import {
  checkpointKeys,
  logitsOf,
  type ModelConfig,
  type ModelParameters,
  modelSpec,
  type Network,
  prefix,
  trunk,
} from 'medclipseg';
import { type Inputs, readNumbered } from './compare.ts';

/** The published settings around towers of any size. */
export const around = (family: FamilyName, weights: TensorFile): ModelConfig => ({
  ...towerConfigs(family, weights, families[family].keys),
  adapters: { width: 256, layers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], beta: 2.35, gate: 0 },
  upscaleBlocks: 2,
  preprocessing: families[family].preprocessing,
});

/** Opens the `model` of a checkpoint; the caller disposes its parameters. */
export async function openNetwork(checkpoint: TensorFile, family: FamilyName): Promise<Network> {
  const weights = stripPrefix(checkpoint, 'model.');
  const config = around(family, weights);
  const spec = modelSpec(config);
  const expected = shapesOf(spec);
  const { ignored: ignore } = families[family];
  const tensors = await readMapped(weights, checkpointKeys(family), expected, { ignore }, ({ shape, data }) =>
    tf.tensor(data, [...shape]),
  );
  return { config, parameters: freeze(assemble(spec, tensors)) as unknown as ModelParameters };
}

/** What the network makes of the reference's inputs and noise, by the reference's names. */
export async function modelOutputs(network: Network, reference: TensorFile, { image, prompts }: Inputs) {
  const noise = await readNumbered(reference, 'noise.');
  const outputs = tf.tidy(() => {
    const start = prefix(network, image, prompts);
    const features = trunk(network, start, prompts, { noise: replayedNoise(noise) });
    return { patch_features: features.patches, text_features: features.text, logits: logitsOf(network, features) };
  });
  tf.dispose(noise);
  return outputs;
}
