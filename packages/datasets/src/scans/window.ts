// A window: which measured values an image of 256 grays shows.
import { ArgumentError } from '../errors.ts';

/** A window by its center and width in measured values, as DICOM files and viewers give it. */
export interface WindowSetting {
  readonly center: number;
  /** Above 0. */
  readonly width: number;
}

/** The values shown as black and as white; those between are spread evenly. */
export interface Window {
  readonly low: number;
  readonly high: number;
}

/** Where the grays of an image come from. */
export interface GrayWindow {
  /**
   * The option; the file; the 1st to the 99th percentile of the values; the smallest to the largest of them; or the range of the file's
   * sample format.
   */
  readonly source: 'option' | 'file' | 'percentiles' | 'range' | 'depth';
  /** Values shown as black and as white; absent where the file has a table or a curve instead. */
  readonly low?: number;
  readonly high?: number;
  /** The smallest and the largest value, where they were looked for. */
  readonly values?: Window;
}

/** Usual windows of CT, in Hounsfield units. */
export const CT_WINDOWS = {
  'soft tissue': { center: 40, width: 400 },
  lungs: { center: -600, width: 1500 },
  bones: { center: 400, width: 1800 },
  brain: { center: 40, width: 80 },
} as const satisfies Record<string, WindowSetting>;

/**
 * DICOM's linear window function (PS3.3, C.11.2.1.2.1): a center and a width, of whole steps.
 * A width of 1 is a threshold.
 */
export const linearWindow = (center: number, width: number): Window => ({
  low: center - 0.5 - (width - 1) / 2,
  high: center - 0.5 + (width - 1) / 2,
});

/** The window that a user asks for (DICOM's LINEAR_EXACT function): center - width/2 is black, center + width/2 is white. Throws `ArgumentError`. */
export function exactWindow({ center, width }: WindowSetting): Window {
  if (!Number.isFinite(center) || !Number.isFinite(width) || width <= 0)
    throw new ArgumentError(
      'window',
      'a finite center and a width above 0',
      `center ${center} and width ${width}`,
      'Give both in the units of the file, for example 40 and 400.',
    );
  return { low: center - width / 2, high: center + width / 2 };
}

/** A note for files without a window of their own. */
export const shownRange = ({ low, high }: Window): string =>
  `The file has no window: values from ${Number(low.toPrecision(6))} (black) to ${Number(high.toPrecision(6))} (white) are shown.`;

/** The k-th smallest value (Hoare's selection); reorders the array. */
function select(values: Float32Array | Float64Array, k: number): number {
  let [left, right] = [0, values.length - 1];
  while (left < right) {
    const [a, b, c] = [values[left], values[(left + right) >> 1], values[right]] as [number, number, number];
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let [i, j] = [left, right];
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i > j) break;
      const swapped = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = swapped;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k] as number;
}

/**
 * From the smallest to the largest finite value, without the given share of outliers at either end (0 to 0.5).
 * `undefined` if no value is finite.
 */
export function fullWindow(values: ArrayLike<number>, outliers = 0): Window | undefined {
  let [low, high, count] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    count++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (count === 0) return undefined;
  const skip = Math.floor(count * outliers);
  if (skip === 0) return { low, high };
  const finite = values instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0, to = 0; i < values.length; i++) if (Number.isFinite(values[i])) finite[to++] = values[i] as number;
  return { low: select(finite, skip), high: select(finite, count - 1 - skip) };
}

/** Values as 0 to 255 through a window. NaN is black. `inverted` shows the low values white. */
export function throughWindow(values: ArrayLike<number>, { low, high }: Window, inverted = false): Uint8Array {
  const out = new Uint8Array(values.length);
  const scale = high > low ? 255 / (high - low) : 0;
  for (let i = 0; i < out.length; i++) {
    const value = values[i] as number;
    const shown = value <= low || Number.isNaN(value) ? 0 : value >= high ? 255 : Math.round((value - low) * scale);
    out[i] = inverted ? 255 - shown : shown;
  }
  return out;
}
