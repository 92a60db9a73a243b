// How much faster the scores of outlines are than looking at every pair of points, at 512x512.
import { bruteDistances } from '../src/metrics/brute-force.ts';
import { outlineLengths } from '../src/metrics/contour.ts';
import { cornerElements } from '../src/metrics/corner-elements.ts';
import { contourScores, type MaskImage } from '../src/metrics/index.ts';
import { UNIT_SPACING } from '../src/metrics/mask.ts';
import { randomMask, roughDisk } from './masks.ts';

const SIZE = 512;

export interface MetricsBenchmark {
  /** What the masks look like. */
  readonly masks: string;
  /** Points of both outlines. */
  readonly points: number;
  /** Time of brute force over ours. */
  readonly ratio: number;
  readonly bruteMilliseconds: number;
  readonly milliseconds: number;
}

function time(work: () => unknown, rounds: number): number {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return times[rounds >> 1] as number;
}

function compare(masks: string, truth: MaskImage, prediction: MaskImage): MetricsBenchmark {
  const lengths = outlineLengths();
  const outlines = () => [cornerElements(truth, lengths), cornerElements(prediction, lengths)] as const;
  const brute = () => {
    const [a, b] = outlines();
    bruteDistances(a, b, UNIT_SPACING);
    bruteDistances(b, a, UNIT_SPACING);
  };
  const ours = () => contourScores(truth, prediction);
  // Warmed up on this very work.
  time(ours, 5);
  const milliseconds = time(ours, 15);
  const bruteMilliseconds = time(brute, 3);
  const points = outlines().reduce((sum, { x }) => sum + x.length, 0);
  return { masks, points, ratio: bruteMilliseconds / milliseconds, bruteMilliseconds, milliseconds };
}

/**
 * NSD, HD95 and average surface distance together, against the distances alone by brute force. On random masks the ratio is promised to be at
 * least 10; one smooth lesion has so short an outline that either way takes milliseconds.
 */
export const benchmarkMetrics = (): readonly MetricsBenchmark[] => [
  compare('random pixels, 2 % foreground', randomMask(SIZE, 0.02, 1), randomMask(SIZE, 0.02, 2)),
  compare('a lesion with a rough edge', roughDisk(SIZE, 130, 0.4, 3), roughDisk(SIZE, 120, 0.4, 4)),
  compare('a smooth lesion', roughDisk(SIZE, 130, 0, 5), roughDisk(SIZE, 120, 0, 6)),
];
