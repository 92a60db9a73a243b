// Tables with plots as one HTML file. No scripts, no network.
import { path, plot, px } from './frame.ts';
import { type Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** A value in percent, with its interval where it was measured. */
export interface PlotPoint {
  /** The column that it is of. */
  readonly at: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export interface PlotSeries {
  readonly label: string;
  /** Measured series are drawn in color. */
  readonly isMeasured: boolean;
  readonly points: readonly PlotPoint[];
}

export interface PageTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly body: readonly { readonly cells: readonly string[]; readonly isMeasured: boolean }[];
  /** `lines`: columns from left to right, a line for each series; `dots`: a plot for each column, a row for each series. */
  readonly plot?: {
    readonly kind: 'lines' | 'dots';
    readonly columns: readonly string[];
    readonly series: readonly PlotSeries[];
  };
}

export interface TablesPageOptions {
  readonly title: string;
  readonly notes: readonly string[];
  readonly tables: readonly PageTable[];
}

/** The range of an axis that holds all values, in steps of ten. */
function rangeOf(series: readonly PlotSeries[]): { from: number; to: number } {
  const values = series.flatMap(({ points }) => points.flatMap(({ value, low = value, high = value }) => [low, high]));
  if (values.length === 0) return { from: 0, to: 100 };
  const [from, to] = [Math.floor(Math.min(...values) / 10) * 10, Math.ceil(Math.max(...values) / 10) * 10];
  return from === to ? { from, to: to + 10 } : { from, to };
}

const STYLES = { measured: 'line', published: 'reference' } as const;

const interval = ({ low, high }: PlotPoint, x: number, y: (value: number) => number): Html | undefined =>
  low === undefined || high === undefined
    ? undefined
    : html`<line class="mean" x1="${px(x)}" x2="${px(x)}" y1="${px(y(low))}" y2="${px(y(high))}"/>`;

function lines(title: string, columns: readonly string[], series: readonly PlotSeries[]): Html {
  const axis = { title: '', from: -0.4, to: columns.length - 0.6, format: (at: number) => columns[at] ?? '' };
  const shown = series.filter(({ points }) => points.length > 0);
  const figure = plot(title, axis, { title: 'percent', ...rangeOf(shown) }, (scale) =>
    shown.map(({ label, isMeasured, points }) => {
      const places = points.map((point) => [columns.indexOf(point.at), point.value] as const);
      return [
        path(STYLES[isMeasured ? 'measured' : 'published'], places, scale),
        points.map((point) => {
          const x = scale.x(columns.indexOf(point.at));
          return [
            interval(point, x, scale.y),
            html`<circle class="${isMeasured ? 'point' : 'dot'}" cx="${px(x)}" cy="${px(scale.y(point.value))}" r="${isMeasured ? 4 : 2.5}"><title>${label}, ${point.at}: ${point.value.toFixed(2)}</title></circle>`,
          ];
        }),
      ];
    }),
  );
  return html`<figure><h3>${title}</h3><figcaption>Solid: measured, with intervals. Dashed: published. Point at a mark for its name.</figcaption>${figure}</figure>`;
}

const ROW = 18;
const LEFT = 190;
const WIDTH = 400;

function dots(column: string, series: readonly PlotSeries[], { from, to }: { from: number; to: number }): Html {
  const rows = series.flatMap(({ points, ...row }) => {
    const point = points.find(({ at }) => at === column);
    return point ? [{ ...row, point }] : [];
  });
  const x = (value: number) => LEFT + ((value - from) / (to - from)) * (WIDTH - LEFT - 12);
  const height = rows.length * ROW + 34;
  const grid = Array.from({ length: Math.round((to - from) / 10) + 1 }, (_, i) => from + 10 * i);
  return html`<figure><h3>${column}</h3><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${column} of each row">
${grid.map((value) => html`<line class="grid" x1="${px(x(value))}" x2="${px(x(value))}" y1="4" y2="${height - 24}"/><text class="tick" x="${px(x(value))}" y="${height - 8}" text-anchor="middle">${value}</text>`)}
${rows.map(({ label, isMeasured, point }, i) => {
  const y = i * ROW + 14;
  const bar =
    point.low !== undefined &&
    point.high !== undefined &&
    html`<line class="mean" x1="${px(x(point.low))}" x2="${px(x(point.high))}" y1="${y}" y2="${y}"/>`;
  return html`<text class="${isMeasured ? 'name' : 'tick'}" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${label}</text>${bar}<circle class="${isMeasured ? 'point' : 'dot'}" cx="${px(x(point.value))}" cy="${y}" r="4"><title>${label}: ${point.value.toFixed(2)}</title></circle>`;
})}</svg></figure>`;
}

function plotsOf({ title, plot: shown }: PageTable): Html | undefined {
  if (!shown || shown.series.every(({ points }) => points.length === 0)) return undefined;
  const { kind, columns, series } = shown;
  const range = rangeOf(series);
  return html`<div class="plots">${kind === 'lines' ? lines(title, columns, series) : columns.map((column) => dots(column, series, range))}</div>`;
}

function section(table: PageTable): Html {
  const [, ...head] = table.head;
  return html`<h2>${table.title}</h2><div class="cases">${plotsOf(table)}
<div class="card wide"><table><thead><tr><th></th>${head.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead><tbody>${table.body.map(
    ({ cells: [label, ...cells], isMeasured }) =>
      html`<tr><th scope="row">${isMeasured ? html`<b>${label}</b>` : label}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div></div>`;
}

/**
 * Tables with their plots as one page that loads nothing, light or dark as the reader prefers. The same options give the same bytes.
 *
 * @example
 * tablesPage({ title: 'Runs', notes: [], tables: [{ title: 'DSC', head: ['', 'DSC'], body: [{ cells: ['a', '81.10'], isMeasured: true }] }] });
 */
export function tablesPage({ title, notes, tables }: TablesPageOptions): string {
  const start = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title><style>`.markup;
  const body = html`</style></head><body><main>
<h1>${title}</h1>${notes.map((note) => html`<p class="soft">${note}</p>`)}
${tables.map(section)}
</main></body></html>
`.markup;
  return start + STYLE + body;
}
