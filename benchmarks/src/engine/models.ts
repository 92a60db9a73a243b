// Families at their published size, with the vocabularies of their tokenizers.
import { families } from '@medclipseg/clip-encoders';
import { publishedConfig } from '@medclipseg/parity/cost';
import { publishedParts, vitB16 } from '@medclipseg/parity/published-sizes';
import type { ModelConfig } from 'medclipseg';

export const FULL_SIZES: Readonly<Record<string, ModelConfig>> = {
  clip: {
    vision: { ...families.clip.vision, ...vitB16 },
    text: {
      kind: 'clip',
      vocabulary: 49408,
      context: 77,
      width: 512,
      layers: 12,
      heads: 8,
      mlpWidth: 2048,
      outputs: 512,
    },
    ...publishedParts,
    preprocessing: families.clip.preprocessing,
  },
  unimedclip: { ...publishedConfig, text: { ...publishedConfig.text, vocabulary: 30522 } },
};
