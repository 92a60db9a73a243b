// How many samples fit into memory together.
import { visionTokens } from '@medclipseg/clip-encoders';
import type { ModelConfig } from '../config.ts';

/** What a group of samples may take; beyond some tens of rows, more of them are no faster anywhere. */
const BUDGET = 256 * 2 ** 20;
const MOST = 16;

/** Bytes of the largest intermediate results of one sample: attention and MLP of a block, and the upscaled map. */
function bytesPerSample({ vision, upscaleBlocks }: ModelConfig): number {
  const tokens = visionTokens(vision);
  const block = tokens * (2 * vision.mlpWidth + 6 * vision.width) + 2 * vision.heads * tokens * tokens;
  const map = (vision.imageSize / vision.patch) * 2 ** upscaleBlocks;
  return 4 * Math.max(block, 4 * map * map * vision.outputs);
}

/** Samples of a batch of `images` that are computed together by default, 1 to 16. */
export const foldOf = (config: ModelConfig, images: number): number =>
  Math.max(1, Math.min(MOST, Math.floor(BUDGET / (images * bytesPerSample(config)))));
