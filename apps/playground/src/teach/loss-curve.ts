// The loss as a line to draw: each step, and a running mean, since single steps jump.

/** A picture's extent in user units. */
export interface Frame {
  readonly width: number;
  readonly height: number;
}

/** Exponential mean with the weight of its start taken out. */
export function runningMean(values: readonly number[], keep = 0.8): number[] {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}

/** An upper end for the axis that is a round number above all values. */
export function roundAbove(values: readonly number[]): number {
  const most = Math.max(0, ...values);
  if (most === 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((n) => n * unit >= most) ?? 10) * unit;
}

/** Points of an SVG polyline: steps from left to right over as many as are planned, 0 at the bottom, `top` at the top. */
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
