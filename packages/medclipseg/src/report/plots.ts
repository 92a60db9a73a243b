// The plots of the report.
import type { EvaluatedCalibration, EvaluatedImage, ScoreSummary } from '../metrics/index.ts';
import { path, plot, px, roundUp } from './frame.ts';
import { type Html, html } from './html.ts';

const percent = (value: number) => `${Number((100 * value).toPrecision(3))} %`;
const BINS = 20;

/** Histogram of the DSC, with the mean and its interval. */
export function dscHistogram(images: readonly EvaluatedImage[], { mean, low, high }: ScoreSummary): Html {
  const counts = new Array<number>(BINS).fill(0);
  for (const { dsc } of images) {
    const bin = Math.min(BINS - 1, Math.floor(dsc * BINS));
    counts[bin] = (counts[bin] as number) + 1;
  }
  const top = roundUp(Math.max(4, ...counts) * 1.05);
  const label = `Histogram of DSC over ${images.length} images; mean ${mean.toFixed(3)}`;
  return plot(label, { title: 'DSC', from: 0, to: 1 }, { title: 'images', from: 0, to: top }, ({ x, y }) => [
    html`<rect class="band" x="${px(x(low))}" width="${px(x(high) - x(low))}" y="${px(y(top))}" height="${px(y(0) - y(top))}"/>`,
    counts.map(
      (count, bin) =>
        count > 0 &&
        html`<rect class="bar" x="${px(x(bin / BINS) + 1)}" width="${px(x(1 / BINS) - x(0) - 2)}" y="${px(y(count))}" height="${px(y(0) - y(count))}"><title>${count} with a DSC of ${(bin / BINS).toFixed(2)} to ${((bin + 1) / BINS).toFixed(2)}</title></rect>`,
    ),
    html`<line class="mean" x1="${px(x(mean))}" x2="${px(x(mean))}" y1="${px(y(0))}" y2="${px(y(top))}"/>`,
  ]);
}

/** Reliability: frequency of foreground against predicted probability. */
export function reliabilityPlot({ reliability }: EvaluatedCalibration): Html {
  const { bins, expectedCalibrationError } = reliability;
  const all = bins.reduce((sum, { pixels }) => sum + pixels, 0);
  const axis = { from: 0, to: 1 };
  const label = `Reliability curve; expected calibration error ${expectedCalibrationError.toFixed(4)}`;
  const points = bins.map(({ confidence, frequency }) => [confidence, frequency] as const);
  return plot(
    label,
    { ...axis, title: 'predicted probability' },
    { ...axis, title: 'share of foreground' },
    (scale) => [
      path(
        'reference',
        [
          [0, 0],
          [1, 1],
        ],
        scale,
      ),
      path('line', points, scale),
      bins.map(({ confidence, frequency, pixels }) => {
        const share = pixels / all;
        return html`<circle class="point" cx="${px(scale.x(confidence))}" cy="${px(scale.y(frequency))}" r="${px(2.5 + 5 * Math.sqrt(share))}"><title>${percent(share)} of the pixels: foretold ${confidence.toFixed(3)}, came true ${frequency.toFixed(3)}</title></circle>`;
      }),
    ],
  );
}

/** Risk against coverage, keeping the most certain pixels. */
export function riskCoveragePlot({ selective }: EvaluatedCalibration): Html {
  const { riskCoverage, area, areaOfRandomOrder: random } = selective;
  const top = roundUp(Math.max(random, ...riskCoverage.map(({ risk }) => risk)) * 1.15);
  const best = Array.from(
    { length: 101 },
    (_, i) => [i / 100, i === 0 ? 0 : Math.max(0, 1 - (1 - random) / (i / 100))] as const,
  );
  const label = `Risk against coverage; area ${area.toFixed(4)}, of a random order ${random.toFixed(4)}`;
  const x = { title: 'coverage: share of pixels kept, surest first', from: 0, to: 1 };
  return plot(label, x, { title: 'wrong pixels', from: 0, to: top, format: percent }, (scale) => [
    path(
      'reference',
      [
        [0, random],
        [1, random],
      ],
      scale,
    ),
    path('reference', best, scale),
    path(
      'line',
      riskCoverage.map(({ coverage, risk }) => [coverage, risk] as const),
      scale,
    ),
    html`<text class="mark" x="${px(scale.x(0) + 6)}" y="${px(scale.y(random) - 6)}">random order</text>`,
    html`<text class="mark" x="${px(scale.x(1 - random) - 6)}" y="${px(scale.y(0) - 6)}" text-anchor="end">best order</text>`,
  ]);
}

/** Score against uncertainty, one point per image. */
export function uncertaintyPlot(all: readonly EvaluatedImage[]): Html {
  const images = all.filter(({ uncertaintyPerForeground }) => uncertaintyPerForeground !== undefined);
  const values = images.map(({ uncertaintyPerForeground }) => uncertaintyPerForeground as number);
  // A few images with hardly any foreground would compress all others on the left.
  const end = roundUp([...values].sort((a, b) => a - b)[Math.floor(0.98 * (values.length - 1))] ?? 1);
  const x = { title: 'uncertainty per foreground pixel (nats)', from: 0, to: end };
  const beyond = values.filter((value) => value > end).length;
  return plot('DSC of each image against its uncertainty', x, { title: 'DSC', from: 0, to: 1 }, (scale) => [
    images.map(({ name, dsc }, i) => {
      const value = values[i] as number;
      return html`<circle class="dot" cx="${px(scale.x(Math.min(end, value)))}" cy="${px(scale.y(dsc))}" r="3.6"><title>${name}: DSC ${dsc.toFixed(3)}, uncertainty ${value.toFixed(3)}</title></circle>`;
    }),
    beyond > 0 &&
      html`<text class="mark" x="${px(scale.x(end) - 4)}" y="${px(scale.y(1) + 12)}" text-anchor="end">${beyond} beyond the edge</text>`,
  ]);
}
