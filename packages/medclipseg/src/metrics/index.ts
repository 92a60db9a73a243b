// Scores: the published ones, and more of overlap, outlines and uncertainty.
export { bootstrapMean, type Interval, pairedDifference } from './bootstrap.ts';
export { type Calibration, CalibrationMeter, type ReliabilityBin } from './calibration.ts';
export { distanceTransform, outlineLengths, type Spacing, type SurfaceScores, surfaceScores } from './contour.ts';
export { dice, type Mask } from './dice.ts';
export { type OverlapScores, overlapScores } from './overlap.ts';
export { type MaskImage, publishedSurfaceDice } from './published-surface.ts';
