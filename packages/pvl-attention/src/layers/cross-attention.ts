// Probabilistic cross-attention as a layer of tf.layers.
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { type CrossAttentionParameters, crossAttentionSpec, probabilisticCrossAttention } from '../cross-attention.ts';
import { PvlAttentionError } from '../errors.ts';
import { ProbabilisticLayer, type ProbabilisticLayerArgs } from './probabilistic-layer.ts';

export interface ProbabilisticCrossAttentionArgs extends ProbabilisticLayerArgs {
  /** Starting value of the gate, before the sigmoid. Default: 0. */
  readonly gate?: number;
}

/**
 * `apply([query, context])` or `apply([query, context, contextMask])`: [B, Tq, C], [B, Tk, C] and [B, Tk] (1 for context tokens that are
 * attended to) → [B, Tq, C].
 */
export class ProbabilisticCrossAttention extends ProbabilisticLayer<CrossAttentionParameters> {
  static readonly className = 'ProbabilisticCrossAttention';
  readonly #gate: number;

  constructor({ gate = 0, ...args }: ProbabilisticCrossAttentionArgs = {}) {
    super(args);
    this.#gate = gate;
  }

  protected specs([query, context]: readonly number[]): object {
    if (query !== context)
      throw new PvlAttentionError(
        'pvl-attention/shape',
        this.name,
        'query and context of one width',
        `${query} and ${context}`,
        'Project one of them first.',
      );
    return crossAttentionSpec(query as number, { gate: this.#gate });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return inputShape[0] as Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { training }: { training?: boolean } = {}): tf.Tensor {
    return tf.tidy(() => {
      const [query, context, keyMask] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
      const noise = this.noise(query.shape[0] as number, training);
      return probabilisticCrossAttention(this.parameters, query, context, {
        beta: this.beta,
        keyMask,
        noise: noise.draw({ adapter: this.adapterIndex, direction: 'imageFromText' }, context.shape),
      });
    });
  }

  override getConfig() {
    return { ...super.getConfig(), gate: this.#gate };
  }
}
