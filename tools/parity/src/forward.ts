// One forward pass after another with given noise, in TensorFlow.js or in ONNX Runtime.
import type { TokenBatch } from '@medclipseg/clip-encoders';
import { replayedNoise } from '@medclipseg/nn/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, SampleNoise } from 'medclipseg';
import { encodePrefix, predictLogits, tensorsOf, trunk } from 'medclipseg/internal';
import { onnxEngine } from 'medclipseg/node';

/** The noise of one pass, in the order in which the network asks for it. */
export type Draws = readonly { readonly shape: readonly number[]; readonly data: Float32Array }[];

export interface Outputs {
  readonly logits: Float32Array;
  readonly patches: Float32Array;
  readonly text: Float32Array;
}

export interface Forward {
  run(draws: Draws): Promise<Outputs>;
  dispose(): Promise<void>;
}

export function tfjsForward(network: Network, image: tf.Tensor, prompts: TokenBatch): Forward {
  const start = tf.tidy(() => encodePrefix(network, image, prompts));
  return {
    async run(draws) {
      const noise = draws.map(({ shape, data }) => tf.tensor(data, [...shape]));
      const { logits, patches, text } = tf.tidy(() => {
        const features = trunk(network, start, prompts, { noise: replayedNoise(noise) });
        return { patches: features.patches, text: features.text, logits: predictLogits(network, features) };
      });
      const [a, b, c] = await Promise.all([logits, patches, text].map((tensor) => tensor.data()));
      tf.dispose([logits, patches, text, noise]);
      return { logits: a as Float32Array, patches: b as Float32Array, text: c as Float32Array };
    },
    async dispose() {
      tf.dispose(tensorsOf(start));
    },
  };
}

/** A site that asks again gets the same noise again. */
function replayed(draws: Draws): SampleNoise {
  const order = new Map<string, number>();
  return ({ adapter, direction }) => {
    const site = `${adapter}.${direction}`;
    order.set(site, order.get(site) ?? order.size);
    return (draws[order.get(site) as number] as Draws[number]).data;
  };
}

export async function onnxForward(network: Network, image: tf.Tensor, { ids }: TokenBatch): Promise<Forward> {
  const engine = await onnxEngine(network, { features: true });
  const [rows, length] = ids.shape as [number, number];
  const values = await ids.data();
  const tokens = Array.from({ length: rows }, (_, i) => values.subarray(i * length, (i + 1) * length));
  const start = await engine.start({ pixels: (await image.data()) as Float32Array, tokens });
  return {
    async run(draws) {
      const { logits, patch_features, text_features } = await start.outputs(1, replayed(draws));
      return { logits, patches: patch_features, text: text_features } as unknown as Outputs;
    },
    dispose: () => engine.dispose(),
  };
}
