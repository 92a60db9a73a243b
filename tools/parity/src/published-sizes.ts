// Sizes of the published encoders and adapters.
import type { ModelConfig } from 'medclipseg';

/** CLIP's ViT-B/16 at 224 pixels. */
export const vitB16 = {
  imageSize: 224,
  patch: 16,
  width: 768,
  layers: 12,
  heads: 12,
  mlpWidth: 3072,
  outputs: 512,
};

/** Adapters and decoder of MedCLIPSeg on ViT-B/16. */
export const publishedParts = {
  adapters: { width: 256, layers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], beta: 2.35, gate: 0 },
  upscaleBlocks: 2,
} satisfies Partial<ModelConfig>;
