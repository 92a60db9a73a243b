// The architecture of a model, as data: enough to create it and to read its weights.

import type { Preprocessing, TextConfig, VisionConfig } from '@medclipseg/clip-encoders';
import type { PvlPart } from '@medclipseg/pvl-attention';

export interface ModelConfig {
  readonly vision: VisionConfig;
  readonly text: TextConfig;
  readonly adapters: {
    /** Channels inside the adapters (published: 256). */
    readonly width: number;
    /** Indices of the blocks that follow an adapter; the j-th adapter belongs to the j-th entry. Without any there is no noise. */
    readonly layers: readonly number[];
    /** Weight of the penalty on uncertain keys. */
    readonly beta: number;
    /** Starting value of the gates, before the sigmoid. */
    readonly gate: number;
    /** Hides text padding from the image tokens; off in the published model. */
    readonly maskPadding?: boolean;
    /** Parts that an ablation leaves out; none in the published model. */
    readonly without?: readonly PvlPart[];
  };
  /** Number of blocks that double the resolution of the patch features. */
  readonly upscaleBlocks: number;
  /**
   * Adds a map of the image encoder's stem to the map that each upscale block makes, so that masks follow edges finer than a patch. Needs a
   * stem; off in the published model. With the sizes of `mini`, 39 of 1,084 million multiply-adds for one sample, and none for further ones.
   */
  readonly skips?: boolean;
  readonly preprocessing: Preprocessing;
}
