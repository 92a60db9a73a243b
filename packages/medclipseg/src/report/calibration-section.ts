// The part of the report about probabilities and uncertainty.
import type { EvaluatedCalibration, EvaluatedImage, Interval } from '../metrics/index.ts';
import { type Html, html } from './html.ts';
import { reliabilityPlot, riskCoveragePlot, uncertaintyPlot } from './plots.ts';

const signed = (value: number) => value.toFixed(2).replace('-', '\u2212');
const two = ({ value, low, high }: Interval) => `${signed(value)} (${signed(low)} to ${signed(high)})`;

export function uncertaintyFigure(images: readonly EvaluatedImage[], calibration: EvaluatedCalibration): Html {
  const { uncertaintyPerForeground } = calibration;
  return html`<figure><h3>DSC against uncertainty</h3><figcaption>Spearman ${two(uncertaintyPerForeground.spearman)}: below 0, uncertain images score worse.</figcaption>${uncertaintyPlot(images)}</figure>`;
}

export function calibrationSection(calibration: EvaluatedCalibration): Html {
  const { brier, brierOfImages, pixels, reliability, selective } = calibration;
  const { meanUncertainty, uncertaintyPerForeground, expectedDice } = calibration;
  const rows: readonly (readonly [string, string])[] = [
    [
      'Brier score',
      `${brier.toFixed(4)} (over images ${brierOfImages.low.toFixed(4)} to ${brierOfImages.high.toFixed(4)})`,
    ],
    ['Expected calibration error', reliability.expectedCalibrationError.toFixed(4)],
    ['AUROC of uncertainty for wrong pixels', selective.errorAuroc.toFixed(4)],
    ['Area under risk against coverage', selective.area.toFixed(4)],
    [
      'of a random order, of the best order',
      `${selective.areaOfRandomOrder.toFixed(4)}, ${selective.areaOfBestOrder.toFixed(4)}`,
    ],
    ['Mean uncertainty with DSC: Pearson', two(meanUncertainty.pearson)],
    ['Mean uncertainty with DSC: Spearman', two(meanUncertainty.spearman)],
    ['Uncertainty per foreground pixel with DSC: Pearson', two(uncertaintyPerForeground.pearson)],
    ['Uncertainty per foreground pixel with DSC: Spearman', two(uncertaintyPerForeground.spearman)],
    ['Expected Dice with DSC: Pearson', two(expectedDice.pearson)],
    ['Expected Dice with DSC: Spearman', two(expectedDice.spearman)],
  ];
  return html`<h2>Calibration and uncertainty</h2><div class="cases"><div class="plots">
<figure><h3>Reliability</h3><figcaption>On the diagonal, probabilities come true as often as they say. Larger points hold more pixels.</figcaption>${reliabilityPlot(calibration)}</figure>
<figure><h3>Risk against coverage</h3><figcaption>Leaving the least sure pixels to a person: the lower the line, the better.</figcaption>${riskCoveragePlot(calibration)}</figure></div>
<div class="card"><p class="soft">Over ${pixels.toLocaleString('en')} pixels. Uncertainty is the entropy of the mean probability. Images without predicted foreground have neither an uncertainty per foreground pixel nor an expected Dice.</p><table class="pairs"><tbody>${rows.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )}</tbody></table></div></div>`;
}
