// The frame of a plot: linear scales, ticks, grid, titles of the axes. Colors come from the style sheet of the page.
import { type Html, type HtmlValue, html } from './html.ts';

const [WIDTH, HEIGHT] = [400, 290];
const MARGIN = { left: 56, right: 14, top: 12, bottom: 44 };

export interface Axis {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly format?: (value: number) => string;
}

/** Maps data to coordinates. */
export interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

const short = (value: number) => `${Number(value.toPrecision(6))}`;

/** Round steps of 1, 2 or 5 times a power of ten, about five of them. */
export function ticks({ from, to }: Pick<Axis, 'from' | 'to'>): number[] {
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) as number);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** The end of an axis from 0 that holds a value: the next tick at or above it. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const [, step = value] = ticks({ from: 0, to: value });
  return Math.ceil(value / step - 1e-9) * step;
}

/** Coordinates to a hundredth of a pixel. */
export const px = (value: number): string => `${Math.round(value * 100) / 100}`;

/** A plot with its marks drawn by the caller. @param label description for screen readers */
export function plot(label: string, x: Axis, y: Axis, marks: (scale: Scale) => HtmlValue): Html {
  const [right, bottom] = [WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
  const scale: Scale = {
    x: (value) => MARGIN.left + ((value - x.from) / (x.to - x.from)) * (right - MARGIN.left),
    y: (value) => bottom - ((value - y.from) / (y.to - y.from)) * (bottom - MARGIN.top),
  };
  const across = ticks(x).map((value) => {
    const at = px(scale.x(value));
    return html`<line class="grid" x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${bottom}"/><text class="tick" x="${at}" y="${bottom + 16}" text-anchor="middle">${(x.format ?? short)(value)}</text>`;
  });
  const up = ticks(y).map((value) => {
    const at = scale.y(value);
    return html`<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${px(at)}" y2="${px(at)}"/><text class="tick" x="${MARGIN.left - 7}" y="${px(at + 4)}" text-anchor="end">${(y.format ?? short)(value)}</text>`;
  });
  const middle = px((MARGIN.top + bottom) / 2);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${across}${up}
<line class="axis" x1="${MARGIN.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
${marks(scale)}
<text class="name" x="${(MARGIN.left + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${x.title}</text>
<text class="name" x="12" y="${middle}" text-anchor="middle" transform="rotate(-90 12 ${middle})">${y.title}</text></svg>`;
}

/** A line through points. */
export function path(kind: string, points: readonly (readonly [number, number])[], { x, y }: Scale): Html {
  const steps = points.map(([a, b], i) => `${i === 0 ? 'M' : 'L'}${px(x(a))} ${px(y(b))}`);
  return html`<path class="${kind}" d="${steps.join('')}"/>`;
}
