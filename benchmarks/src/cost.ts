// What thirty Monte-Carlo samples of the published model cost, beside the reference's passes.
import { publishedConfig, sampleCost } from '@medclipseg/parity/cost';
import type { Result } from './result.ts';

/** A prompt as the published sheets have them, in tokens. */
const TOKENS = 24;

/** Counted by running the layers on the current backend, not estimated. */
export function cost(): Result[] {
  const { ratio, perSample, reference } = sampleCost(publishedConfig, { tokens: TOKENS });
  return [
    {
      suite: 'cost',
      name: 'unimedclip',
      value: ratio,
      unit: '31 forward passes of the reference',
      promise: { atMost: 0.82 },
      detail: { 'GMAC a sample': perSample / 1e9, 'reference GMAC a pass': reference / 31 / 1e9, tokens: TOKENS },
    },
  ];
}
