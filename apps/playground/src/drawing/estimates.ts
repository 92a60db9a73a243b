// The maps of an estimate.
import type { Estimate } from 'medclipseg';
import type { Uncertainty } from '../worker/protocol.ts';

/** Width and height: models see squares. */
export const estimateSize = ({ probability }: Pick<Estimate, 'probability'>): readonly [number, number] => {
  const side = Math.sqrt(probability.length);
  return [side, side];
};

export const uncertaintyMap = (estimate: Estimate, kind: Uncertainty): Float32Array =>
  ({
    predictive: estimate.uncertainty,
    expected: estimate.expectedEntropy,
    mutual: estimate.mutualInformation,
  })[kind];
