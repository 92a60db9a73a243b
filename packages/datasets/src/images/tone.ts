// Stored samples as 8-bit pixels, a line at a time.
import { exactWindow, type GrayWindow, type WindowSetting } from '../scans/window.ts';
import { FormatError } from './bytes.ts';

/** How samples are shown. */
export interface ToneOptions {
  readonly window?: WindowSetting;
  readonly onWarning?: (message: string) => void;
  readonly onWindow?: (window: GrayWindow) => void;
}

/** For colors, whose values are not shown through a window unless one is asked for. */
export const withoutWindow = ({ onWindow: _, ...options }: ToneOptions): ToneOptions => options;

/** How samples are stored. */
export interface SampleKind {
  readonly bits: number;
  readonly format: 'unsigned' | 'signed' | 'float';
  /** White is stored as the smallest value. */
  readonly inverted?: boolean;
}

/** A line of stored samples: unsigned integers of up to 16 bits, or measured values. */
export type Line = Uint8Array | Uint16Array | Float64Array;

/** The largest value of 12 bits: shown by its high byte, it is nearly black. */
const TWELVE_BITS = 4095;

const SUGGESTION = 'Give a window: the option `window`, or --window CENTER,WIDTH on the command line';

const suggestion = (low: number, high: number) =>
  `${SUGGESTION}, for example ${Number(((low + high) / 2).toPrecision(6))},${Number((high - low || 1).toPrecision(6))}.`;

/**
 * Samples as 0 to 255. Unsigned samples of up to 16 bits are stretched (below 8 bits) or keep their highest 8 bits, as OpenCV reads them.
 * Other samples have no range of their own and need a window.
 */
export class Tone {
  readonly #kind: SampleKind;
  readonly #options: ToneOptions;
  readonly #table: Uint8Array | undefined;
  readonly #show: ((value: number) => number) | undefined;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  readonly #counts: boolean;

  constructor(kind: SampleKind, options: ToneOptions = {}) {
    this.#kind = kind;
    this.#options = options;
    const { bits, inverted } = kind;
    const { window } = options;
    let show: ((value: number) => number) | undefined;
    if (window) {
      const { low, high } = exactWindow(window);
      const scale = 255 / (high - low);
      // What is no number is black.
      show = (value) => (value > low ? (value >= high ? 255 : Math.round((value - low) * scale)) : 0);
    } else if (this.isDirect) {
      const most = 2 ** bits - 1;
      show = bits < 8 ? (value) => Math.floor((value * 255) / most) : (value) => value >> (bits - 8);
    }
    this.#show =
      show && (inverted ? (value) => (Number.isNaN(value) ? 0 : 255 - (show as (v: number) => number)(value)) : show);
    if (this.isDirect && show)
      this.#table = Uint8Array.from({ length: 2 ** bits }, (_, v) => (this.#show as typeof show)(v));
    // A range is needed for the warning about dark 16-bit images and for the refusal.
    this.#counts =
      window === undefined && (!this.isDirect || (bits > 8 && Boolean(options.onWarning ?? options.onWindow)));
  }

  /** Whether lines hold unsigned integers of up to 16 bits. */
  get isDirect(): boolean {
    return this.#kind.format === 'unsigned' && this.#kind.bits <= 16;
  }

  /** Converts `count` samples of a line from `from` on, every `step`-th, to `out` from `to` on, every `stride`-th. */
  convert(line: Line, from: number, step: number, count: number, out: Uint8Array, to: number, stride: number): void {
    if (this.#counts) this.#measure(line, from, step, count);
    const table = this.#table;
    const show = this.#show;
    if (table)
      for (let i = 0, k = from, t = to; i < count; i++, k += step, t += stride)
        out[t] = table[line[k] as number] as number;
    else if (show)
      for (let i = 0, k = from, t = to; i < count; i++, k += step, t += stride) out[t] = show(line[k] as number);
  }

  #measure(line: Line, from: number, step: number, count: number): void {
    for (let i = 0, k = from; i < count; i++, k += step) {
      const value = line[k] as number;
      if (!Number.isFinite(value)) continue;
      if (value < this.#low) this.#low = value;
      if (value > this.#high) this.#high = value;
    }
  }

  /** After the last line: refuses samples without a range of their own, and warns about images that are nearly black. */
  finish(): void {
    const { bits, format } = this.#kind;
    const { window, onWarning, onWindow } = this.#options;
    const [low, high] = [this.#low, this.#high];
    if (!this.#show) {
      const range =
        low > high ? 'without a finite value' : `from ${Number(low.toPrecision(6))} to ${Number(high.toPrecision(6))}`;
      const name = format === 'float' ? `${bits}-bit floating-point` : `${bits}-bit ${format}`;
      throw new FormatError(
        `${name} samples ${range}`,
        'a window for samples without a fixed range',
        suggestion(low > high ? 0 : low, low > high ? 1 : high),
        low > high ? undefined : { 'all values': { center: (low + high) / 2, width: high - low || 1 } },
      );
    }
    if (window) onWindow?.({ source: 'option', ...exactWindow(window) });
    else onWindow?.({ source: 'depth', low: 0, high: 2 ** bits - 1, ...(low <= high && { values: { low, high } }) });
    if (this.#counts && bits === 16 && high > 0 && high <= TWELVE_BITS)
      onWarning?.(
        `16-bit samples up to ${high} are nearly black, because the high byte is shown, as in the published pipeline. ${suggestion(0, TWELVE_BITS)}`,
      );
  }
}

/** Gathers the lines of an image as 8-bit pixels; alpha and other extra samples are dropped. */
export class LineSink {
  /** The pixels taken so far, interleaved. */
  readonly data: Uint8Array;
  readonly #width: number;
  readonly #samples: number;
  readonly #channels: number;
  readonly #tone: Tone;

  /** @param channels how many of a pixel's `samples` are kept */
  constructor(width: number, height: number, samples: number, channels: number, tone: Tone) {
    this.data = new Uint8Array(width * height * channels);
    this.#width = width;
    this.#samples = samples;
    this.#channels = channels;
    this.#tone = tone;
  }

  /** Takes `columns` pixels of row `y` from column `x`, every `dx`-th. */
  put(line: Line, y: number, x: number, dx: number, columns: number): void {
    const channels = this.#channels;
    const to = (y * this.#width + x) * channels;
    if (channels === this.#samples && dx === 1) this.#tone.convert(line, 0, 1, columns * channels, this.data, to, 1);
    else
      for (let c = 0; c < channels; c++)
        this.#tone.convert(line, c, this.#samples, columns, this.data, to + c, dx * channels);
  }

  /** As {@link put}, of a line that holds one sample of each pixel. */
  putPlane(line: Line, plane: number, y: number, x: number, columns: number): void {
    const channels = this.#channels;
    const to = (y * this.#width + x) * channels + plane;
    if (plane < channels) this.#tone.convert(line, 0, 1, columns, this.data, to, channels);
  }
}
