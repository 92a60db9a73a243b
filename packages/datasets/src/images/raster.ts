// Pixels in memory, and the resizing, rotation and thresholding of the published pipeline, byte for byte.

/** 8-bit pixels, row-major, channels interleaved: RGB (3) or one value (1). */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Half to even, as C's `lrint`. */
function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

interface Taps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly lowWeight: Int32Array;
  readonly highWeight: Int32Array;
}

/** Where each output sample reads, and its two weights in 1/2048. Only across columns does the edge also take the weights. */
function taps(from: number, to: number, edgeWeights: boolean): Taps {
  const scale = 1 / (to / from);
  const [low, high, lowWeight, highWeight] = [0, 0, 0, 0].map(() => new Int32Array(to)) as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  for (let i = 0; i < to; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    let index = Math.floor(position);
    let share = Math.fround(position - index);
    if (edgeWeights && index < 0) [index, share] = [0, 0];
    if (edgeWeights && index >= from - 1) [index, share] = [from - 1, 0];
    const clamp = (k: number) => Math.min(Math.max(k, 0), from - 1);
    low[i] = clamp(index);
    high[i] = clamp(index + 1);
    lowWeight[i] = roundEven(Math.fround(Math.fround(1 - share) * 2048));
    highWeight[i] = roundEven(Math.fround(share * 2048));
  }
  return { low, high, lowWeight, highWeight };
}

/** Mixes a source row, which starts at `start`, across its columns, in 1/2048. */
function mixColumns(
  data: Uint8Array,
  start: number,
  channels: number,
  { low: lows, high: highs, lowWeight, highWeight }: Taps,
  out: Int32Array,
): void {
  for (let i = 0, k = 0; k < out.length; i++, k += channels) {
    const low = start + (lows[i] as number) * channels;
    const high = start + (highs[i] as number) * channels;
    const lowBy = lowWeight[i] as number;
    const highBy = highWeight[i] as number;
    out[k] = Math.imul(data[low] as number, lowBy) + Math.imul(data[high] as number, highBy);
    if (channels === 1) continue;
    out[k + 1] = Math.imul(data[low + 1] as number, lowBy) + Math.imul(data[high + 1] as number, highBy);
    out[k + 2] = Math.imul(data[low + 2] as number, lowBy) + Math.imul(data[high + 2] as number, highBy);
  }
}

/** Mixes two rows that are mixed across already; `out` clamps. */
function mixRows(
  top: Int32Array,
  topBy: number,
  bottom: Int32Array,
  bottomBy: number,
  out: Uint8ClampedArray,
  at: number,
) {
  for (let k = 0; k < top.length; k++)
    out[at + k] =
      ((Math.imul(topBy, (top[k] as number) >> 4) >> 16) +
        (Math.imul(bottomBy, (bottom[k] as number) >> 4) >> 16) +
        2) >>
      2;
}

/** OpenCV's `resize(…, INTER_LINEAR)` for 8-bit pixels, in its integer arithmetic. No antialiasing; the aspect ratio is not kept. */
export function resizeLinear(image: RasterImage, width: number, height: number): RasterImage {
  const { channels, data } = image;
  if (width === image.width && height === image.height) return image;
  const y = taps(image.height, height, false);
  const row = width * channels;
  const x = taps(image.width, width, true);
  // The two source rows in use, already mixed across; the lower one is often the next upper one.
  let [top, bottom] = [new Int32Array(row), new Int32Array(row)];
  let [topRow, bottomRow] = [-1, -1];
  const out = new Uint8ClampedArray(row * height);
  for (let j = 0; j < height; j++) {
    const [low, high] = [y.low[j] as number, y.high[j] as number];
    if (low === bottomRow) [top, bottom, topRow, bottomRow] = [bottom, top, bottomRow, topRow];
    if (low !== topRow) mixColumns(data, low * image.width * channels, channels, x, top);
    if (high !== bottomRow) mixColumns(data, high * image.width * channels, channels, x, bottom);
    [topRow, bottomRow] = [low, high];
    mixRows(top, y.lowWeight[j] as number, bottom, y.highWeight[j] as number, out, j * row);
  }
  return { width, height, channels, data: new Uint8Array(out.buffer) };
}

/** Takes the pixels of a row, which starts at `start`, that begin at the given places in it. */
function takeColumns(
  data: Uint8Array,
  start: number,
  columns: Int32Array,
  channels: number,
  out: Uint8Array,
  at: number,
): void {
  for (let i = 0, to = at; i < columns.length; i++) {
    const from = start + (columns[i] as number);
    for (let c = 0; c < channels; c++, to++) out[to] = data[from + c] as number;
  }
}

/** OpenCV's `resize(…, INTER_NEAREST)`. */
export function resizeNearest(image: RasterImage, width: number, height: number): RasterImage {
  const { channels, data } = image;
  if (width === image.width && height === image.height) return image;
  // The reciprocal comes first, as OpenCV has it: it matters when enlarging.
  const [sx, sy] = [1 / (width / image.width), 1 / (height / image.height)];
  const columns = new Int32Array(width);
  for (let i = 0; i < width; i++) columns[i] = Math.min(Math.floor(i * sx), image.width - 1) * channels;
  const out = new Uint8Array(width * height * channels);
  for (let j = 0; j < height; j++) {
    const start = Math.min(Math.floor(j * sy), image.height - 1) * image.width * channels;
    takeColumns(data, start, columns, channels, out, j * width * channels);
  }
  return { width, height, channels, data: out };
}

const round15 = (x: number): number => Number(x.toFixed(15));

/** PIL's `rotate` with nearest neighbor: counter-clockwise by whole degrees, same size, black outside. */
export function rotateNearest(image: RasterImage, degrees: number): RasterImage {
  const { width, height, channels, data } = image;
  const angle = ((degrees % 360) + 360) % 360;
  if (angle === 0) return image;
  const radians = (-angle * Math.PI) / 180;
  const [cos, sin, negSin] = [round15(Math.cos(radians)), round15(Math.sin(radians)), round15(-Math.sin(radians))];
  const [cx, cy] = [width / 2, height / 2];
  const dx = cos * -cx + sin * -cy + cx;
  const dy = negSin * -cx + cos * -cy + cy;
  const fixed = (v: number) => Math.floor(v * 65536 + 0.5);
  // Source places in 1/65536, moved by a step from pixel to pixel.
  const [startX, startY] = [fixed(dx + 0.5 * cos + 0.5 * sin), fixed(dy + 0.5 * negSin + 0.5 * cos)];
  const [acrossX, acrossY, downX, downY] = [fixed(cos), fixed(negSin), fixed(sin), fixed(cos)];
  const out = new Uint8Array(data.length);
  for (let j = 0, to = 0; j < height; j++) {
    let [fx, fy] = [startX + j * downX, startY + j * downY];
    for (let i = 0; i < width; i++, to += channels, fx += acrossX, fy += acrossY) {
      const x = fx >> 16;
      const y = fy >> 16;
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const from = (y * width + x) * channels;
      out[to] = data[from] as number;
      if (channels === 1) continue;
      out[to + 1] = data[from + 1] as number;
      out[to + 2] = data[from + 2] as number;
    }
  }
  return { width, height, channels, data: out };
}

/** Threshold of the training pipeline: from it on, a mask pixel is foreground. */
export const MASK_THRESHOLD = 127;

/** A mask of 0 and 1 from gray values. */
export const thresholdMask = (gray: RasterImage, threshold = MASK_THRESHOLD): Uint8Array =>
  gray.data.map((v) => (v >= threshold ? 1 : 0));
