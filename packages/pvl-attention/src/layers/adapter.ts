// The PVL adapter as a layer of tf.layers.
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { type PvlAdapterParameters, pvlAdapter, pvlAdapterSpec } from '../adapter.ts';
import { expectCount, expectNumber } from '../errors.ts';
import { ProbabilisticLayer, type ProbabilisticLayerArgs } from './probabilistic-layer.ts';

export interface PvlAdapterArgs extends ProbabilisticLayerArgs {
  /** Channels of the adapter (256 in the published model). */
  readonly width: number;
  /** Starting value of both gates, before the sigmoid. Default: 0. */
  readonly gate?: number;
}

/**
 * `apply([image, text])` or `apply([image, text, textMask])`: [B, Tv, Cv], [B, Tt, Ct] and [B, Tt] (1 for real text tokens) → the deltas
 * [image [B, Tv, Cv], text [B, Tt, Ct]], to be added to the tokens.
 */
export class PvlAdapter extends ProbabilisticLayer<PvlAdapterParameters> {
  static readonly className = 'PvlAdapter';
  readonly #width: number;
  readonly #gate: number;

  constructor({ width, gate = 0, ...args }: PvlAdapterArgs) {
    super(args);
    expectCount('width', width);
    expectNumber('gate', gate);
    this.#width = width;
    this.#gate = gate;
  }

  protected specs([imageWidth, textWidth]: readonly number[]): object {
    return pvlAdapterSpec({
      imageWidth: imageWidth as number,
      textWidth: textWidth as number,
      width: this.#width,
      gate: this.#gate,
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape[] {
    return (inputShape as Shape[]).slice(0, 2);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { training }: { training?: boolean } = {}): tf.Tensor[] {
    return tf.tidy(() => {
      const [image, text, textMask] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
      const deltas = pvlAdapter(this.parameters, image, text, {
        beta: this.beta,
        adapter: this.adapterIndex,
        textMask,
        noise: this.noise(image.shape[0] as number, training),
      });
      return [deltas.image, deltas.text];
    });
  }

  override getConfig() {
    return { ...super.getConfig(), width: this.#width, gate: this.#gate };
  }
}
