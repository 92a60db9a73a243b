// Model configurations at two sizes: as in the settings `small`, and CLIP ViT-B/16 with the published adapters.
import { families } from '@medclipseg/clip-encoders';
import { publishedParts, vitB16 } from '@medclipseg/parity/published-sizes';
import type { ModelConfig } from 'medclipseg';

const preprocessing = families.clip.preprocessing;

export const small: ModelConfig = {
  vision: {
    ...families.clip.vision,
    dense: 'tokens',
    imageSize: 112,
    patch: 8,
    width: 96,
    layers: 4,
    heads: 2,
    mlpWidth: 288,
    outputs: 48,
  },
  text: { kind: 'clip', vocabulary: 100, context: 40, width: 64, layers: 2, heads: 2, mlpWidth: 128, outputs: 48 },
  adapters: { width: 48, layers: [1, 2, 3], beta: 2.35, gate: 0 },
  upscaleBlocks: 2,
  preprocessing,
};

/** With a small vocabulary, which affects only memory. */
export const full: ModelConfig = {
  vision: { ...families.clip.vision, ...vitB16 },
  text: { kind: 'clip', vocabulary: 100, context: 77, width: 512, layers: 12, heads: 8, mlpWidth: 2048, outputs: 512 },
  ...publishedParts,
  preprocessing,
};
