// The loss as it comes: each step as a faint line, their running mean as a clear one.
import { curvePoints, roundAbove, runningMean } from './loss-curve.ts';
import { TEACH } from './strings.ts';
import { losses, planned } from './training.ts';

const FRAME = { width: 300, height: 96 } as const;

export function LossChart() {
  const values = losses.value;
  if (values.length === 0) return null;
  const [steps, top, mean] = [planned.value, roundAbove(values), runningMean(values)];
  const label = TEACH.training.chartLabel(values.length, steps, (mean.at(-1) as number).toFixed(3));
  return (
    <figure class="loss">
      <figcaption class="row">
        <span>{TEACH.training.chart}</span>
        <output>{(mean.at(-1) as number).toFixed(3)}</output>
      </figcaption>
      <svg viewBox={`0 0 ${FRAME.width} ${FRAME.height}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <polyline class="each" points={curvePoints(values, steps, top, FRAME)} />
        <polyline class="mean" points={curvePoints(mean, steps, top, FRAME)} />
      </svg>
      <div class="row quiet">
        <span>1</span>
        <span>{steps}</span>
      </div>
    </figure>
  );
}
