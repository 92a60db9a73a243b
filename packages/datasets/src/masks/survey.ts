// Which values occur in a mask, how often, and whether they fill areas.
import type { MaskValueKind, MaskValues } from './values.ts';

export interface ValueCount {
  readonly pixels: number;
  /** Pixels whose eight neighbors have the same value. Labels fill areas; the gray levels of a soft edge do not. */
  readonly interior: number;
}

/** The values of one mask. */
export interface MaskSurvey {
  readonly name: string;
  readonly kind: MaskValueKind;
  readonly maximum: number;
  readonly lossy: boolean;
  /** By value. */
  readonly counts: ReadonlyMap<number, ValueCount>;
}

/** More distinct values than this are not listed: the file is a photograph, not a mask. */
const MOST_VALUES = 70_000;

/** Counts the values of a mask. */
export function surveyMask({ width, height, kind, maximum, lossy, data }: MaskValues, name = 'mask'): MaskSurvey {
  const pixels = new Map<number, number>();
  // Runs of one value are counted at once.
  for (let i = 0; i < data.length && pixels.size < MOST_VALUES; ) {
    const value = data[i] as number;
    const start = i;
    while (i < data.length && data[i] === value) i++;
    pixels.set(value, (pixels.get(value) ?? 0) + i - start);
  }
  const interior = new Map<number, number>();
  if (pixels.size > 1) {
    // Of a run of one value, counted at once as well.
    let [run, count] = [0, 0];
    const end = () => {
      if (count > 0) interior.set(run, (interior.get(run) ?? 0) + count);
      count = 0;
    };
    for (let y = 1; y < height - 1; y++)
      for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
        const value = data[at] as number;
        if (
          value === 0 ||
          value !== data[at - 1] ||
          value !== data[at + 1] ||
          value !== data[at - width] ||
          value !== data[at + width] ||
          value !== data[at - width - 1] ||
          value !== data[at - width + 1] ||
          value !== data[at + width - 1] ||
          value !== data[at + width + 1]
        )
          continue;
        if (value !== run) {
          end();
          run = value;
        }
        count += 1;
      }
    end();
  }
  const counts = new Map(
    [...pixels].map(([value, count]) => [
      value,
      { pixels: count, interior: pixels.size === 1 ? count : (interior.get(value) ?? 0) },
    ]),
  );
  return { name, kind, maximum, lossy, counts };
}
