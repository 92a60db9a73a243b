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

  /** @param words the same data, four bytes each, where it is aligned */
  read(data: MaskValues['data'], start: number, width: number, words: Int32Array | undefined): void {
    const { values, ends } = this;
    const end = start + width;
    let count = 0;
    for (let at = start; at < end; count++) {
      const value = data[at] as number;
      at += 1;
      if (words) {
        // Most runs of masks are long.
        while (at & 3 && at < end && data[at] === value) at += 1;
        const four = Math.imul(value, 0x01010101);
        if (!(at & 3)) while (at + 4 <= end && words[at >> 2] === four) at += 4;
      }
      while (at < end && data[at] === value) at += 1;
      values[count] = value;
      ends[count] = at - start;
    }
    this.count = count;
  }
}

/** Counts by value: an array for the values of 8 and 16 bits, in which counting is faster. */
type Tally = Map<number, number> | Uint32Array;

const tallyOf = (data: MaskValues['data']): Tally =>
  data instanceof Uint32Array ? new Map() : new Uint32Array(256 ** data.BYTES_PER_ELEMENT);

function add(tally: Tally, value: number, count: number): void {
  if (tally instanceof Map) tally.set(value, (tally.get(value) ?? 0) + count);
  else tally[value] = (tally[value] as number) + count;
}

/** Adds the pixels of `row` whose eight neighbors have the same value: those within a run of it in all three rows, but its ends. */
function addInterior(above: Runs, row: Runs, below: Runs, interior: Tally): void {
  let [a, r, b, start] = [0, 0, 0, 0];
  while (r < row.count) {
    const [endAbove, endRow, endBelow] = [above.ends[a] as number, row.ends[r] as number, below.ends[b] as number];
    const end = Math.min(endAbove, endRow, endBelow);
    const value = row.values[r] as number;
    if (end - start > 2 && value !== 0 && value === above.values[a] && value === below.values[b])
      add(interior, value, end - start - 2);
    if (endAbove === end) a++;
    if (endRow === end) r++;
    if (endBelow === end) b++;
    start = end;
  }
}

/** Counts the values of a mask. */
export function surveyMask({ width, height, kind, maximum, lossy, data }: MaskValues, name = 'mask'): MaskSurvey {
  const [pixels, interior] = [tallyOf(data), tallyOf(data)];
  const words =
    data instanceof Uint8Array && data.byteOffset % 4 === 0
      ? new Int32Array(data.buffer, data.byteOffset, data.length >> 2)
      : undefined;
  let [above, row, below] = [new Runs(width), new Runs(width), new Runs(width)];
  for (let y = 0; y < height; y++) {
    if (pixels instanceof Map && pixels.size >= MOST_VALUES) break;
    below.read(data, y * width, width, words);
    for (let i = 0, start = 0; i < below.count; start = below.ends[i++] as number)
      add(pixels, below.values[i] as number, (below.ends[i] as number) - start);
    if (y >= 2) addInterior(above, row, below, interior);
    [above, row, below] = [row, below, above];
  }
  const found = [...pixels.entries()].filter(([, count]) => count > 0);
  const inside = (value: number) => (interior instanceof Map ? interior.get(value) : interior[value]) ?? 0;
  const counts = new Map(
    found.map(([value, count]) => [value, { pixels: count, interior: found.length === 1 ? count : inside(value) }]),
  );
  return { name, kind, maximum, lossy, counts };
}
