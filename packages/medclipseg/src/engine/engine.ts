// What computes the network for sampling: TensorFlow.js on one of its backends, or ONNX Runtime.
import { visionTokens } from '@medclipseg/clip-encoders';
import type { NoiseSite } from '@medclipseg/nn/internal';
import type { ModelConfig } from '../config.ts';

/** A batch of images with their prompts. */
export interface EngineInput {
  /** [B, size, size, 3], normalized. */
  readonly pixels: Float32Array;
  /** The token ids of each image's prompt, padded to one length. */
  readonly tokens: readonly ArrayLike<number>[];
  /** Leaves out the positions that are padding in every prompt. */
  readonly trim?: boolean;
}

/** The noise of a group of samples at a site: `size` values per row; one row per sample and image, sample by sample. */
export type SampleNoise = (site: NoiseSite, size: number) => Float32Array;

/** What no noise reaches, computed once per batch. */
export interface Start {
  /**
   * Draws samples, which are computed together.
   *
   * @param noise default: none, which gives the mean network
   * @returns probabilities [samples · B, size · size]
   */
  sample(samples: number, noise?: SampleNoise, signal?: AbortSignal): Promise<Float32Array>;
  dispose(): void;
}

/** Computes the network of one model. */
export interface Engine {
  readonly kind: 'tfjs' | 'onnx';
  readonly config: ModelConfig;
  /** Whether samples are computed on other threads, one group after another: a group that waits there starts at once. */
  readonly queues: boolean;
  /** Samples of a batch of this many images that are efficiently computed together. */
  fold(images: number): number;
  start(input: EngineInput, signal?: AbortSignal): Promise<Start>;
  /** Releases what the engine made, not the parameters. */
  dispose(): Promise<void>;
}

export interface EngineOptions {
  /** Threads that compute one run on the device `onnx`. Default: one per available core, at most 16. */
  readonly threads?: number;
  /**
   * How the device `onnx` multiplies matrices. `int8` needs less time and is less exact: with `mini` on 100 images of Kvasir, single probabilities
   * changed by up to 0.044, and the mean Dice between the masks was 0.998 (`tools/onnx/src/precision.ts`). Default: `float32`.
   */
  readonly precision?: 'float32' | 'int8';
}

/** Larger groups are no faster anywhere. */
const MOST_SAMPLES_AT_ONCE = 16;

/** Bytes of the largest intermediate results of one sample: attention and MLP of a block, and the upscaled map. */
function bytesPerSample({ vision, upscaleBlocks }: ModelConfig): number {
  const tokens = visionTokens(vision);
  const block = tokens * (2 * vision.mlpWidth + 6 * vision.width) + 2 * vision.heads * tokens * tokens;
  const map = (vision.imageSize / vision.patch) * 2 ** upscaleBlocks;
  return 4 * Math.max(block, 4 * map * map * vision.outputs);
}

/** Samples whose intermediate results take about `budget` bytes. */
export const foldWithin = (budget: number, config: ModelConfig, images: number): number =>
  Math.max(1, Math.min(MOST_SAMPLES_AT_ONCE, Math.floor(budget / (images * bytesPerSample(config)))));
