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

/** The runs of equal values in a row: run `i` has `values[i]` and ends before column `ends[i]`, where the next one starts. */
class Runs {
  count = 0;
  readonly values: Uint32Array;
  readonly ends: Uint32Array;

  constructor(width: number) {
    this.values = new Uint32Array(width);
    this.ends = new Uint32Array(width);
  }

  read(data: MaskValues['data'], start: number, width: number): void {
    const { values, ends } = this;
    let count = 0;
    for (let x = 0; x < width; count++) {
      const value = data[start + x] as number;
      do x++;
      while (x < width && data[start + x] === value);
      values[count] = value;
      ends[count] = x;
    }
    this.count = count;
  }
}

/** Adds the pixels of `row` whose eight neighbors have the same value: those within a run of it in all three rows, but its ends. */
function addInterior(above: Runs, row: Runs, below: Runs, interior: Map<number, number>): void {
  let [a, r, b, start] = [0, 0, 0, 0];
  while (r < row.count) {
    const [endAbove, endRow, endBelow] = [above.ends[a] as number, row.ends[r] as number, below.ends[b] as number];
    const end = Math.min(endAbove, endRow, endBelow);
    const value = row.values[r] as number;
    if (end - start > 2 && value !== 0 && value === above.values[a] && value === below.values[b])
      interior.set(value, (interior.get(value) ?? 0) + end - start - 2);
    if (endAbove === end) a++;
    if (endRow === end) r++;
    if (endBelow === end) b++;
    start = end;
  }
}

/** Counts the values of a mask. */
export function surveyMask({ width, height, kind, maximum, lossy, data }: MaskValues, name = 'mask'): MaskSurvey {
  const pixels = new Map<number, number>();
  const interior = new Map<number, number>();
  let [above, row, below] = [new Runs(width), new Runs(width), new Runs(width)];
  for (let y = 0; y < height && pixels.size < MOST_VALUES; y++) {
    below.read(data, y * width, width);
    for (let i = 0, start = 0; i < below.count; start = below.ends[i++] as number) {
      const value = below.values[i] as number;
      pixels.set(value, (pixels.get(value) ?? 0) + (below.ends[i] as number) - start);
    }
    if (y >= 2) addInterior(above, row, below, interior);
    [above, row, below] = [row, below, above];
  }
  const counts = new Map(
    [...pixels].map(([value, count]) => [
      value,
      { pixels: count, interior: pixels.size === 1 ? count : (interior.get(value) ?? 0) },
    ]),
  );
  return { name, kind, maximum, lossy, counts };
}
