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

/** A survey as it crosses threads: values, pixels and interiors one after the other. */
export type PackedSurvey = Omit<MaskSurvey, 'counts'> & { readonly counts: Uint32Array };

export const packSurvey = ({ counts, ...survey }: MaskSurvey): PackedSurvey => ({
  ...survey,
  counts: Uint32Array.from([...counts].flatMap(([value, { pixels, interior }]) => [value, pixels, interior])),
});

export function unpackSurvey({ counts, ...survey }: PackedSurvey): MaskSurvey {
  const unpacked = new Map<number, ValueCount>();
  for (let i = 0; i < counts.length; i += 3)
    unpacked.set(counts[i] as number, { pixels: counts[i + 1] as number, interior: counts[i + 2] as number });
  return { ...survey, counts: unpacked };
}

/** More distinct values than this are not listed: the file is a photograph, not a mask. */
const MOST_VALUES = 70_000;

/** The runs of equal values in a row: each with its value, and the column before which it ends, where the next one starts. */
interface Runs {
  readonly values: Uint32Array;
  readonly ends: Uint32Array;
}

/**
 * Reads the runs of a row that starts at `start`, and adds their pixels to the counts by value.
 *
 * @param words the same data, four bytes each, where it is bytes that are aligned
 */
function readRow(
  data: MaskValues['data'],
  words: Int32Array | undefined,
  start: number,
  width: number,
  { values, ends }: Runs,
  pixels: Uint32Array,
): void {
  const end = start + width;
  for (let at = start, run = 0; at < end; run++) {
    const value = data[at] as number;
    const first = at;
    at += 1;
    if (words) {
      // Most runs of masks are long.
      while (at & 3 && at < end && data[at] === value) at += 1;
      const four = Math.imul(value, 0x01010101);
      if (!(at & 3)) while (at + 4 <= end && words[at >> 2] === four) at += 4;
    }
    while (at < end && data[at] === value) at += 1;
    values[run] = value;
    ends[run] = at - start;
    pixels[value] = (pixels[value] as number) + at - first;
  }
}

/** Adds the pixels of `row` whose eight neighbors have the same value: those within a run of it in all three rows, but its ends. */
function addInterior(above: Runs, row: Runs, below: Runs, width: number, interior: Uint32Array): void {
  let a = 0;
  let r = 0;
  let b = 0;
  for (let start = 0; start < width; ) {
    const endAbove = above.ends[a] as number;
    const endRow = row.ends[r] as number;
    const endBelow = below.ends[b] as number;
    const end = Math.min(endAbove, endRow, endBelow);
    const value = row.values[r] as number;
    if (end - start > 2 && value !== 0 && value === above.values[a] && value === below.values[b])
      interior[value] = (interior[value] as number) + end - start - 2;
    if (endAbove === end) a++;
    if (endRow === end) r++;
    if (endBelow === end) b++;
    start = end;
  }
}

const OWN_NUMBERS = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** Pixels as indices into a list of values. Only the leading rows whose values fit into the list are covered. */
interface Numbered {
  readonly data: MaskValues['data'];
  readonly height: number;
  readonly values: ArrayLike<number>;
}

/** Values of up to 16 bits are their own numbers; colors are numbered as they occur, black as 0. */
function numbered({ width, height, data }: MaskValues): Numbered {
  if (!(data instanceof Uint32Array))
    return { data, height, values: OWN_NUMBERS.subarray(0, 256 ** data.BYTES_PER_ELEMENT) };
  const numbers = new Map<number, number>([[0, 0]]);
  const out = new Uint32Array(data.length);
  let y = 0;
  for (; y < height && numbers.size < MOST_VALUES; y++)
    for (let i = y * width; i < (y + 1) * width; i++) {
      const value = data[i] as number;
      let number = numbers.get(value);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(value, number);
      }
      out[i] = number;
    }
  return { data: out, height: y, values: [...numbers.keys()] };
}

/** Counts the values of a mask. */
export function surveyMask(mask: MaskValues, name = 'mask'): MaskSurvey {
  const { width, kind, maximum, lossy } = mask;
  const { data, height, values } = numbered(mask);
  const pixels = new Uint32Array(values.length);
  const interior = new Uint32Array(values.length);
  const words =
    data instanceof Uint8Array && data.byteOffset % 4 === 0
      ? new Int32Array(data.buffer, data.byteOffset, data.length >> 2)
      : undefined;
  const runs = (): Runs => ({ values: new Uint32Array(width), ends: new Uint32Array(width) });
  let [above, row, below] = [runs(), runs(), runs()];
  for (let y = 0; y < height; y++) {
    readRow(data, words, y * width, width, below, pixels);
    if (y >= 2) addInterior(above, row, below, width, interior);
    [above, row, below] = [row, below, above];
  }
  const counts = new Map<number, ValueCount>();
  for (let i = 0; i < values.length; i++) {
    const count = pixels[i] as number;
    if (count > 0) counts.set(values[i] as number, { pixels: count, interior: interior[i] as number });
  }
  // Of a mask of one value, the edge counts as well.
  const [[only, { pixels: all }] = [0, { pixels: 0 }]] = counts;
  if (counts.size === 1) counts.set(only, { pixels: all, interior: all });
  return { name, kind, maximum, lossy, counts };
}
