// The progress of a training: the loss curve with its running mean, and the remaining time.

/** The chart's size in SVG user units. */
export interface Frame {
  readonly width: number;
  readonly height: number;
}

/** Exponential moving average with bias correction. @param keep the decay */
export function runningMean(values: readonly number[], keep = 0.8): number[] {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}

/** The upper end of the axis: a round number not below any value. */
export function roundAbove(values: readonly number[]): number {
  const maximum = Math.max(0, ...values);
  if (maximum === 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(maximum));
  return ([1, 2, 5, 10].find((n) => n * unit >= maximum) ?? 10) * unit;
}

/** Points of an SVG polyline: steps from left to right, loss from 0 at the bottom to `top` at the top. */
export const curvePoints = (
  values: readonly number[],
  planned: number,
  top: number,
  { width, height }: Frame,
): string =>
  values
    .map((value, i) => {
      const x = (i / Math.max(1, planned - 1)) * width;
      const y = height - (Math.min(top, value) / top) * height;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');

/** Steps that the pace is measured over; few, so that a pause soon has no effect. */
const RECENT_STEPS = 6;

/**
 * Seconds until all steps are done, at the pace of the recent ones; undefined before the second step.
 *
 * @param ends times at which steps ended, in milliseconds
 */
export function secondsLeft(ends: readonly number[], steps: number): number | undefined {
  const recent = ends.slice(-RECENT_STEPS);
  const [first, last] = [recent[0], recent.at(-1)];
  if (recent.length < 2 || first === undefined || last === undefined) return undefined;
  return (((last - first) / (recent.length - 1)) * (steps - ends.length)) / 1000;
}
