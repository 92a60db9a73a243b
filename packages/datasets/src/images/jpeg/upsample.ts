// Subsampled components brought to full size, as libjpeg's "fancy upsampling" does (jdsample.c), bit for bit.
import { FormatError } from '../bytes.ts';

/** A component's samples; rows are `stride` apart. */
export interface Samples {
  readonly data: Uint8ClampedArray;
  /** The same memory, four samples at a time. */
  readonly words: Uint32Array;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** Writes row `y` of the full-size component to `out`, which holds at least the image's width plus the factor. */
export type RowUpsampler = (y: number, out: Uint8Array) => void;

const clamp = (row: number, height: number) => Math.min(Math.max(row, 0), height - 1);

/** Twice as wide: each output is 3/4 of the nearer sample and 1/4 of the other. */
function wider({ data, stride, width }: Samples): RowUpsampler {
  return (y, out) => {
    const at = y * stride;
    const last = width - 1;
    for (let x = 0; x < width; x++) {
      const value = 3 * (data[at + x] as number);
      out[2 * x] = x === 0 ? (data[at] as number) : (value + (data[at + x - 1] as number) + 1) >> 2;
      out[2 * x + 1] = x === last ? (data[at + x] as number) : (value + (data[at + x + 1] as number) + 2) >> 2;
    }
  };
}

/** Twice as high. */
function higher({ data, stride, width, height }: Samples): RowUpsampler {
  return (y, out) => {
    const row = y >> 1;
    const near = row * stride;
    const far = clamp(row + (y & 1 ? 1 : -1), height) * stride;
    const bias = y & 1 ? 2 : 1;
    for (let x = 0; x < width; x++) out[x] = (3 * (data[near + x] as number) + (data[far + x] as number) + bias) >> 2;
  };
}

/** Twice as wide and high: 9/16, 3/16, 3/16 and 1/16 of the four nearest samples. */
function larger({ data, stride, width, height }: Samples): RowUpsampler {
  return (y, out) => {
    const row = y >> 1;
    const near = row * stride;
    const far = clamp(row + (y & 1 ? 1 : -1), height) * stride;
    let before = 3 * (data[near] as number) + (data[far] as number);
    let here = before;
    const last = width - 1;
    // At the edges, where a neighbor is missing, `here` replaces it.
    for (let x = 0; x < last; x++) {
      const next = 3 * (data[near + x + 1] as number) + (data[far + x + 1] as number);
      out[2 * x] = (3 * here + before + 8) >> 4;
      out[2 * x + 1] = (3 * here + next + 7) >> 4;
      before = here;
      here = next;
    }
    out[2 * last] = (3 * here + before + 8) >> 4;
    out[2 * last + 1] = (4 * here + 7) >> 4;
  };
}

/** Each sample repeated. */
function repeated({ data, stride, width }: Samples, h: number, v: number): RowUpsampler {
  return (y, out) => {
    const at = Math.floor(y / v) * stride;
    if (h === 1) out.set(data.subarray(at, at + width));
    else for (let x = 0, k = 0; x < width; x++) for (let i = 0; i < h; i++) out[k++] = data[at + x] as number;
  };
}

/** The upsampler for factors `h` and `v`, chosen as libjpeg chooses it. Throws a `FormatError` if they are no whole numbers. */
export function upsampler(samples: Samples, h: number, v: number): RowUpsampler {
  if (!Number.isInteger(h) || !Number.isInteger(v)) throw new FormatError(`JPEG subsampling by ${h}x${v}`);
  if (h === 2 && v === 1 && samples.width > 2) return wider(samples);
  if (h === 1 && v === 2) return higher(samples);
  if (h === 2 && v === 2 && samples.width > 2) return larger(samples);
  return repeated(samples, h, v);
}
