// Scores of the overlap of two masks.
import { dice } from './dice.ts';
import { checkMasks, type Mask } from './mask.ts';

export interface OverlapScores {
  /** Dice similarity coefficient as published: `2·|A∩B| / (|A| + |B| + 1e-8)`. */
  readonly dsc: number;
  /** Intersection over union. */
  readonly iou: number;
  /** Share of the predicted pixels that are right. */
  readonly precision: number;
  /** Share of the true pixels that were found. */
  readonly recall: number;
}

/** Two empty masks agree: all scores are 1. If one of them is empty, all are 0. */
export function overlapScores(truth: Mask, prediction: Mask): OverlapScores {
  checkMasks(truth, prediction);
  let [both, inTruth, inPrediction] = [0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    const [t, p] = [truth[i] as number, prediction[i] as number];
    both += t * p;
    inTruth += t;
    inPrediction += p;
  }
  const none = inTruth + inPrediction === 0 ? 1 : 0;
  const share = (of: number) => (of === 0 ? none : both / of);
  return {
    dsc: dice(truth, prediction),
    iou: share(inTruth + inPrediction - both),
    precision: share(inPrediction),
    recall: share(inTruth),
  };
}
