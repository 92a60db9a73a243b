// Figures in columns, for people.
import { type Evaluation, type Interval, SCORE_NAMES, SCORES, type ScoreName } from 'medclipseg/metrics';
import { isLabeled, type LabeledRun, type ScoredRun } from './results.ts';

/** Aligned columns, the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => (row[c] ?? '').length)));
  const pad = (cell: string, c: number) =>
    c === 0 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** Shares times 100, distances as they are. */
export const figure = (name: ScoreName, value: number): string =>
  Number.isFinite(value) ? (SCORES[name].quantity === 'share' ? 100 * value : value).toFixed(2) : '–';

/** A single image has no correlation, nor have images with the same score. */
const correlation = ({ value, low, high }: Interval) =>
  Number.isNaN(value) ? '–' : `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

function calibrationLines({ calibration }: Evaluation): string[] {
  if (!calibration) return [];
  const { brier, brierOfImages, reliability, selective } = calibration;
  const { meanUncertainty, uncertaintyPerForeground, expectedDice } = calibration;
  const { area, areaOfRandomOrder, areaOfBestOrder, errorAuroc } = selective;
  return [
    '',
    ...[
      [
        'Brier score',
        `${brier.toFixed(4)} (images: ${brierOfImages.low.toFixed(4)} to ${brierOfImages.high.toFixed(4)})`,
      ],
      ['Expected calibration error', reliability.expectedCalibrationError.toFixed(4)],
      ['AUROC of uncertainty for wrong pixels', errorAuroc.toFixed(4)],
      [
        'Area under risk against coverage',
        `${area.toFixed(4)} (random order ${areaOfRandomOrder.toFixed(4)}, best ${areaOfBestOrder.toFixed(4)})`,
      ],
      ['Mean uncertainty with DSC, Pearson', correlation(meanUncertainty.pearson)],
      ['Mean uncertainty with DSC, Spearman', correlation(meanUncertainty.spearman)],
      ['Per foreground pixel, Pearson', correlation(uncertaintyPerForeground.pearson)],
      ['Per foreground pixel, Spearman', correlation(uncertaintyPerForeground.spearman)],
      ['Expected Dice with DSC, Pearson', correlation(expectedDice.pearson)],
      ['Expected Dice with DSC, Spearman', correlation(expectedDice.spearman)],
    ].map(([name = '', value = '']) => `${name.padEnd(38)}  ${value}`),
  ];
}

/** How images without foreground in either mask count, and the score of the others. */
function emptyLines({ bothEmpty, images }: ScoredRun): string[] {
  if (bothEmpty.length === 0) return [];
  const others = images.filter(({ name }) => !bothEmpty.includes(name));
  const mean = others.reduce((sum, { dsc }) => sum + dsc, 0) / others.length;
  return [
    `${bothEmpty.length} of ${images.length} images have no foreground in either mask and count as DSC 100: ${bothEmpty.join(', ')}`,
    others.length > 0 ? `DSC of the other ${others.length}: ${figure('dsc', mean)}` : 'no image has foreground',
  ];
}

/** Scores of each label, and their means. */
function labelTable({ labels, mean }: LabeledRun): string {
  const parts = Object.entries(labels).map(([label, run]) => `label ${label}: ${evaluationTable(run)}`);
  const means = SCORE_NAMES.map((name) => [SCORES[name].title, figure(name, mean[name])]);
  return [...parts, `mean of ${parts.length} labels`, columns([['', 'mean'], ...means])].join('\n\n');
}

/** Scores over images, and calibration where it was measured; of label maps for each label. */
export function evaluationTable(evaluation: ScoredRun | LabeledRun): string {
  if (isLabeled(evaluation)) return labelTable(evaluation);
  const { summary, published, images, tolerance, spacing } = evaluation;
  const rows = SCORE_NAMES.map((name) => {
    const { mean, low, high, median, infinite } = summary[name];
    return [
      SCORES[name].title,
      figure(name, mean),
      `${figure(name, low)} to ${figure(name, high)}`,
      figure(name, median),
      infinite > 0 ? `${infinite} infinite left out` : '',
    ];
  });
  return [
    `${images.length} ${images.length === 1 ? 'image' : 'images'}; contour tolerance ${tolerance}, pixel ${spacing.x} x ${spacing.y}`,
    columns([['', 'mean', '95 % interval', 'median', ''], ...rows]),
    `as published (rounded per image): DSC ${(100 * published.dsc).toFixed(2)}  NSD ${(100 * published.nsd).toFixed(2)}`,
    ...emptyLines(evaluation),
    ...calibrationLines(evaluation),
  ].join('\n');
}
