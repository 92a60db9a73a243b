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

/** From the smallest to the largest finite value, without the given share of outliers at either end (0 to 0.5). */
export function fullWindow(values: ArrayLike<number>, outliers = 0): Window {
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  if (finite.length === 0) return { low: 0, high: 1 };
  const skip = Math.floor(finite.length * outliers);
  return { low: finite[skip] as number, high: finite[finite.length - 1 - skip] as number };
}

/** Values as 0 to 255 through a window; what is no number is black. `inverted` shows the low values white. */
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
