// A run as one HTML file: figures with intervals, plots, worst and best cases. No scripts, no network.
import { type Evaluation, SCORE_NAMES, SCORES, type ScoreName } from '../metrics/index.ts';
import { calibrationSection, uncertaintyFigure } from './calibration-section.ts';
import { type Html, html } from './html.ts';
import { dscHistogram } from './plots.ts';
import { STYLE } from './style.ts';

export const RESEARCH_NOTICE = 'For research only. Not a medical device: do not use it for diagnosis or treatment.';

/** An encoded image with its title. */
export interface ReportImage {
  readonly title: string;
  /** A `data:` URL; the page loads nothing else. */
  readonly source: string;
}

export interface ReportCase {
  readonly name: string;
  readonly prompt?: string;
  /** The image, the true mask, the prediction, the uncertainty: shown side by side. */
  readonly images: readonly ReportImage[];
}

export interface ReportOptions {
  readonly title: string;
  /** Facts about the run, such as model, data and samples, in the order in which they appear. */
  readonly details?: Readonly<Record<string, string | number>>;
  readonly worst?: readonly ReportCase[];
  readonly best?: readonly ReportCase[];
}

const shown = (name: ScoreName, value: number) =>
  Number.isFinite(value) ? (SCORES[name].quantity === 'share' ? 100 * value : value).toFixed(2) : '–';

const range = (name: ScoreName, { summary }: Evaluation) =>
  `${shown(name, summary[name].low)} to ${shown(name, summary[name].high)}`;

function tiles(evaluation: Evaluation): Html {
  const { summary, calibration } = evaluation;
  const scores = (['dsc', 'nsdPublished', 'nsdContour', 'hd95'] as const).map(
    (name) =>
      html`<div class="card tile"><span>${SCORES[name].title}</span><b>${shown(name, summary[name].mean)}</b><span>${range(name, evaluation)}</span></div>`,
  );
  const pixels =
    calibration &&
    html`<div class="card tile"><span>AUROC of uncertainty</span><b>${calibration.selective.errorAuroc.toFixed(3)}</b><span>for wrong pixels</span></div>
<div class="card tile"><span>Calibration error</span><b>${calibration.reliability.expectedCalibrationError.toFixed(3)}</b><span>expected (ECE)</span></div>`;
  return html`<div class="tiles">${scores}${pixels}</div>`;
}

function scoreTable(evaluation: Evaluation): Html {
  const { summary, published, tolerance, spacing } = evaluation;
  const infinities = SCORE_NAMES.some((name) => summary[name].infinite > 0);
  const rows = SCORE_NAMES.map((name) => {
    const { median, infinite } = summary[name];
    return html`<tr><th scope="row">${SCORES[name].title}</th><td>${shown(name, summary[name].mean)}</td><td>${range(name, evaluation)}</td><td>${shown(name, median)}</td>${infinities && html`<td>${infinite > 0 && `${infinite} infinite left out`}</td>`}</tr>`;
  });
  return html`<div class="card"><p class="soft">Shares in percent; HD95 and ASD in the unit of the pixel size ${spacing.x} x ${spacing.y}, contour tolerance ${tolerance}. Intervals: 95 %, bootstrap over images (BCa).</p>
<div class="wide"><table><thead><tr><th></th><th scope="col">mean</th><th scope="col">95 % interval</th><th scope="col">median</th>${infinities && html`<th></th>`}</tr></thead><tbody>${rows}</tbody></table></div>
<p class="soft after">As published (rounded per image): DSC ${(100 * published.dsc).toFixed(2)}, NSD ${(100 * published.nsd).toFixed(2)}. The published NSD counts the inside of a region as surface; the contour NSD scores the boundary alone.</p></div>`;
}

const LEGEND = html`<p class="soft">Prediction<span class="key found"></span>found<span class="key missed"></span>missed<span class="key wrong"></span>wrongly found. Uncertainty: dark is sure, bright is unsure, 0 to ln 2.</p>`;

function cases(title: string, shownCases: readonly ReportCase[], { images }: Evaluation): Html | undefined {
  if (shownCases.length === 0) return undefined;
  const dsc = new Map(images.map((image) => [image.name, image.dsc]));
  return html`<h2>${title}</h2>${LEGEND}<div class="cases">${shownCases.map(
    ({
      name,
      prompt,
      images,
    }) => html`<article class="card case"><header><h3>${name}</h3><span>DSC ${((dsc.get(name) ?? Number.NaN) * 100).toFixed(1)}</span>${prompt && html`<q>${prompt}</q>`}</header>
<div class="images">${images.map((image) => html`<div><img src="${image.source}" alt="${image.title} of ${name}" loading="lazy">${image.title}</div>`)}</div></article>`,
  )}</div>`;
}

function imageTable({ images }: Evaluation): Html {
  const columns = ['dsc', 'nsdPublished', 'nsdContour', 'hd95', 'averageSurfaceDistance'] as const;
  const hasProbabilities = images[0]?.brier !== undefined;
  const three = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(3));
  const rows = [...images]
    .sort((a, b) => a.dsc - b.dsc)
    .map(
      (image) =>
        html`<tr><th scope="row">${image.name}</th>${columns.map((name) => html`<td>${shown(name, image[name])}</td>`)}${hasProbabilities && html`<td>${three(image.uncertaintyPerForeground)}</td><td>${three(image.expectedDice)}</td>`}</tr>`,
    );
  return html`<h2>All images</h2><details class="card"><summary>${images.length} images, worst first</summary><div class="wide"><table>
<thead><tr><th scope="col">image</th>${columns.map((name) => html`<th scope="col">${SCORES[name].title}</th>`)}${hasProbabilities && html`<th scope="col">uncertainty per foreground</th><th scope="col">expected Dice</th>`}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

const absent = (names: readonly string[], what: string): Html | undefined =>
  names.length > 0 ? html`<p class="notice">${names.length} ${what}: ${names.join(', ')}</p>` : undefined;

/** The page, self-contained. */
export function htmlReport(
  evaluation: Evaluation,
  { title, details = {}, worst = [], best = [] }: ReportOptions,
): string {
  const { images, summary, missing, extra, calibration } = evaluation;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title><style>`.markup;
  const body = html`</style></head><body><main>
<h1>${title}</h1><p class="soft">${images.length} images, mean figures with 95 % intervals</p>
<p class="notice">${RESEARCH_NOTICE}</p>
${absent(missing, 'images could not be scored')}${absent(extra, 'predictions have no true mask')}
${tiles(evaluation)}
<dl>${Object.entries(details).map(([key, value]) => html`<dt>${key}</dt><dd>${value}</dd>`)}</dl>
<h2>Scores</h2><div class="cases">${scoreTable(evaluation)}
<div class="plots"><figure><h3>DSC over images</h3><figcaption>Line and band: mean and its interval.</figcaption>${dscHistogram(images, summary.dsc)}</figure>
${calibration && uncertaintyFigure(images, calibration)}</div></div>
${calibration && calibrationSection(calibration)}
${cases('Worst cases', worst, evaluation)}${cases('Best cases', best, evaluation)}
${imageTable(evaluation)}
<footer class="soft">${RESEARCH_NOTICE}</footer></main></body></html>
`.markup;
  return page + STYLE + body;
}
