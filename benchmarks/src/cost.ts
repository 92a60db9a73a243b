// Cost of thirty Monte-Carlo samples of the published model, relative to the reference's forward passes.
import { publishedConfig, sampleCost } from '@medclipseg/parity/cost';
import type { Result } from './result.ts';

/** Length of a typical published prompt. */
const TOKENS = 24;

/** Counted by running the layers on the current backend. */
export function cost(): Result[] {
  const { ratio, perSample, reference } = sampleCost(publishedConfig, { tokens: TOKENS });
  return [
    {
      suite: 'cost',
      name: 'unimedclip',
      value: ratio,
      unit: 'operations / 31 forward passes of the reference',
      bound: { atMost: 0.82 },
      detail: { 'GMAC per sample': perSample / 1e9, 'reference GMAC per pass': reference / 31 / 1e9, tokens: TOKENS },
    },
  ];
}
