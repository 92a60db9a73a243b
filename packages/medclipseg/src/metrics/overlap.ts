// The counts of agreement between two masks and what is read from them.
import type { Mask } from './dice.ts';

export interface OverlapScores {
  /** Intersection over union. */
  readonly iou: number;
  /** Share of the predicted pixels that are right. */
  readonly precision: number;
  /** Share of the true pixels that were found. */
  readonly recall: number;
}

/** A share of nothing is 1 where nothing was asked of either mask, else 0. */
export function overlapScores(truth: Mask, prediction: Mask): OverlapScores {
  let [both, inTruth, inPrediction] = [0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    const [t, p] = [truth[i] as number, prediction[i] as number];
    both += t * p;
    inTruth += t;
    inPrediction += p;
  }
  const empty = inTruth + inPrediction === 0 ? 1 : 0;
  const share = (of: number) => (of === 0 ? empty : both / of);
  return {
    iou: share(inTruth + inPrediction - both),
    precision: share(inPrediction),
    recall: share(inTruth),
  };
}
