// Rows of a TIFF page, as unpacked, into samples.
import { FormatError } from '../bytes.ts';
import type { Line, SampleKind } from '../tone.ts';
import { unpackRow } from '../unpack.ts';
import type { TiffPage } from './pages.ts';

const FORMATS: Readonly<Record<number, SampleKind['format']>> = {
  1: 'unsigned',
  2: 'signed',
  3: 'float',
  4: 'unsigned',
};
const DEPTHS: Readonly<Record<SampleKind['format'], readonly number[]>> = {
  unsigned: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 32, 64],
  signed: [8, 16, 32, 64],
  float: [16, 32, 64],
};

/** How the samples of a page are stored. Throws a `FormatError` if they differ from each other or are of a kind that is not read. */
export function kindOf({ bits, depths, samples, photometric, tag }: TiffPage): SampleKind {
  const codes = new Set(tag(339) ?? [1]);
  const format = FORMATS[tag(339)?.[0] ?? 1];
  const list = (values: Iterable<number>) => [...new Set(values)].slice(0, 4).join(' and ');
  const shown = `${samples} samples of ${list(depths)} bits`;
  if (format === undefined || codes.size > 1) throw new FormatError(`${shown} in format ${list(codes)}`);
  if (samples < 1 || samples > 16 || depths.some((depth) => depth !== bits) || !DEPTHS[format].includes(bits))
    throw new FormatError(`${shown}${format === 'unsigned' ? '' : ` (${format})`}`);
  return { bits, format, inverted: photometric === 0 };
}

/** Half-precision floating point as a number. */
function fromHalf(word: number): number {
  const [sign, exponent, fraction] = [word & 0x8000 ? -1 : 1, (word >> 10) & 31, word & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** Reads a value of a row by its kind. */
function valueReader({ bits, format }: SampleKind, little: boolean): (view: DataView, at: number) => number {
  const kinds: Readonly<Record<string, (view: DataView, at: number) => number>> = {
    unsigned32: (view, at) => view.getUint32(at, little),
    unsigned64: (view, at) => Number(view.getBigUint64(at, little)),
    signed8: (view, at) => view.getInt8(at),
    signed16: (view, at) => view.getInt16(at, little),
    signed32: (view, at) => view.getInt32(at, little),
    signed64: (view, at) => Number(view.getBigInt64(at, little)),
    float16: (view, at) => fromHalf(view.getUint16(at, little)),
    float32: (view, at) => view.getFloat32(at, little),
    float64: (view, at) => view.getFloat64(at, little),
  };
  return kinds[`${format}${bits}`] as (view: DataView, at: number) => number;
}

/** Undoes the horizontal predictor: each sample is a difference from the one before it, in whole bytes. */
function undoDifferences(row: Uint8Array, bytes: number, samples: number, little: boolean): void {
  if (bytes === 1) {
    for (let i = samples; i < row.length; i++) row[i] = (row[i] as number) + (row[i - samples] as number);
    return;
  }
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const step = bytes * samples;
  for (let at = step; at < row.length; at += bytes)
    if (bytes === 2) view.setUint16(at, view.getUint16(at, little) + view.getUint16(at - step, little), little);
    else if (bytes === 4) view.setUint32(at, view.getUint32(at, little) + view.getUint32(at - step, little), little);
    else view.setBigUint64(at, view.getBigUint64(at, little) + view.getBigUint64(at - step, little), little);
}

/** Undoes the floating-point predictor: differences of bytes, the highest bytes of all samples first (Adobe's technical note 3). */
function undoFloatDifferences(row: Uint8Array, bytes: number, samples: number, little: boolean): void {
  for (let i = samples; i < row.length; i++) row[i] = (row[i] as number) + (row[i - samples] as number);
  const planes = row.slice();
  const count = row.length / bytes;
  for (let i = 0; i < count; i++)
    for (let b = 0; b < bytes; b++) row[i * bytes + (little ? bytes - 1 - b : b)] = planes[b * count + i] as number;
}

/** Turns a row of bytes, as unpacked, into samples. */
export function lineReader(
  page: TiffPage,
  kind: SampleKind,
  count: number,
  perPixel: number,
): (row: Uint8Array) => Line {
  const little = page.reader.littleEndian;
  const predictor = page.tag(317)?.[0] ?? 1;
  const { bits, format } = kind;
  const bytes = bits / 8;
  if (predictor === 2 && ![8, 16, 32, 64].includes(bits)) throw new FormatError(`a predictor for ${bits} bits`);
  if (predictor === 3 && format !== 'float') throw new FormatError('a floating-point predictor for integers');
  if (predictor > 3) throw new FormatError(`predictor ${predictor}`);
  const undo = predictor === 2 ? undoDifferences : predictor === 3 ? undoFloatDifferences : undefined;
  const copy = new Uint8Array(undo ? Math.ceil((count * bits) / 8) : 0);
  const restored = (row: Uint8Array): Uint8Array => {
    if (!undo) return row;
    copy.set(row);
    undo(copy, bytes, perPixel, little);
    return copy;
  };
  if (format === 'unsigned' && bits === 8) return restored;
  if (format === 'unsigned' && bits <= 16) {
    const line = bits < 8 ? new Uint8Array(count) : new Uint16Array(count);
    return (row) => {
      const whole = restored(row);
      if (bits === 16 && little)
        for (let i = 0, k = 0; i < count; i++, k += 2) line[i] = (whole[k] as number) | ((whole[k + 1] as number) << 8);
      else unpackRow(whole, bits, count, line);
      return line;
    };
  }
  const read = valueReader(kind, little);
  const line = new Float64Array(count);
  return (row) => {
    const whole = restored(row);
    const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
    for (let i = 0; i < count; i++) line[i] = read(view, i * bytes);
    return line;
  };
}
