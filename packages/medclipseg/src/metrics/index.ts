// Scores: the published ones, and others of overlap, outlines and uncertainty. Free of tfjs.

export { resizeMap } from '../resize-map.ts';
export { binaryEntropy, MAXIMUM_ENTROPY } from '../uncertainty.ts';
export { type Correlation, correlate } from './calibration/images.ts';
export { type Calibration, CalibrationMeter, type ImageCalibration } from './calibration/meter.ts';
export type { Reliability, ReliabilityBin } from './calibration/reliability.ts';
export type { RiskPoint, SelectivePrediction } from './calibration/selective.ts';
export { type ContourOptions, type ContourScores, contourScores } from './contour.ts';
export { dice } from './dice.ts';
export { ScoreError } from './errors.ts';
export {
  type EvaluatedCalibration,
  type EvaluatedImage,
  type EvaluatedPrediction,
  type Evaluation,
  Evaluator,
} from './evaluator.ts';
export { type ImageScores, imageScores, SCORE_NAMES, SCORES, type ScoreName } from './image-scores.ts';
export type { Mask, MaskImage, Spacing } from './mask.ts';
export { type OverlapScores, overlapScores } from './overlap.ts';
export { publishedSurfaceDice } from './published-surface.ts';
export { type PublishedRow, publishedAverages, publishedCsv, publishedRound } from './published-table.ts';
export { expectedDice, type QualityMaps, uncertaintyPerForeground } from './quality.ts';
export { type ResultFigures, type ResultMaps, ResultMeter } from './result-meter.ts';
export {
  type BootstrapOptions,
  bootstrap,
  bootstrapMean,
  type Interval,
  type Statistic,
} from './statistics/bootstrap.ts';
export { comparePaired, type PairedComparison } from './statistics/paired.ts';
export { pearson, spearman } from './statistics/ranks.ts';
export { type SignedRankTest, wilcoxonSignedRank } from './statistics/wilcoxon.ts';
export { type ScoreSummary, summarizeScore, summarizeScores } from './summary.ts';
