// The entropy-coded scans of a JPEG file as coefficients (ITU-T T.81, annexes F and G).
import { FormatError } from '../bytes.ts';
import { BitReader, type HuffmanTable } from './huffman.ts';
import { type Component, type JpegFile, type Scan, ZIGZAG } from './markers.ts';

/** The blocks of a component: those that its pixels need, and those that fill whole MCUs. */
export interface Plane {
  readonly component: Component;
  /** Samples that the image has in this component. */
  readonly width: number;
  readonly height: number;
  /** Blocks in a row and in a column, padding included. */
  readonly across: number;
  readonly down: number;
}

export const planesOf = ({ width, height, components }: Pick<JpegFile, 'width' | 'height' | 'components'>) => {
  const [h, v] = [Math.max(...components.map((c) => c.h)), Math.max(...components.map((c) => c.v))];
  return components.map(
    (component): Plane => ({
      component,
      width: Math.ceil((width * component.h) / h),
      height: Math.ceil((height * component.v) / v),
      across: Math.ceil(width / (8 * h)) * component.h,
      down: Math.ceil(height / (8 * v)) * component.v,
    }),
  );
};

/** Reads one scan after the other. */
const reader = new BitReader();

/**
 * Decodes the next block of a sequential scan into 64 coefficients from `at`, and multiplies them by the quantization on the way: by 16-bit
 * numbers that wrap. Where the block has zeros, the coefficients stay as they are.
 *
 * @param predictions of the components of the scan, of which the block belongs to the `i`-th
 * @returns the extent of the block, see `inverseDct`
 */
export function sequentialBlock(
  dc: HuffmanTable,
  ac: HuffmanTable,
  quantization: Uint16Array,
  predictions: Int32Array,
  i: number,
  coefficients: Int16Array,
  at: number,
): number {
  const bits = reader;
  const zigzag = ZIGZAG;
  const size = bits.symbol(dc);
  if (size > 0) predictions[i] = (predictions[i] as number) + bits.signed(size);
  coefficients[at] = Math.imul(predictions[i] as number, quantization[0] as number);
  let extent = 0;
  for (let k = 1; k < 64; k++) {
    const symbol = bits.coefficient(ac);
    if ((symbol & 15) === 0) {
      if (symbol !== 0xf0) break;
      k += 15;
    } else {
      k += symbol >> 4;
      const place = zigzag[k] as number;
      coefficients[at + place] = Math.imul(bits.value, quantization[place] as number);
      extent |= place;
    }
  }
  return extent;
}

/** What a block of a progressive scan depends on besides its bits. */
export interface ProgressiveState {
  readonly predictions: Int32Array;
  /** Blocks of which the scan has nothing more. */
  endOfBand: number;
}

/** Decodes what a progressive scan adds to the next block, which belongs to its `i`-th component: to 64 coefficients from `at`. */
export function progressiveBlock(
  { from, to, high, low, dc, ac }: Scan,
  i: number,
  state: ProgressiveState,
  coefficients: Int16Array,
  at: number,
): void {
  if (from > 0 && high > 0) refineAc(ac[i] as HuffmanTable, from, to, low, state, coefficients, at);
  else if (from > 0) firstAc(ac[i] as HuffmanTable, from, to, low, state, coefficients, at);
  else if (high > 0) {
    if (reader.bits(1)) coefficients[at] = (coefficients[at] as number) | (1 << low);
  } else {
    const { predictions } = state;
    const size = reader.symbol(dc[i] as HuffmanTable);
    if (size > 0) predictions[i] = (predictions[i] as number) + reader.signed(size);
    coefficients[at] = (predictions[i] as number) << low;
  }
}

function firstAc(
  table: HuffmanTable,
  from: number,
  to: number,
  low: number,
  state: ProgressiveState,
  coefficients: Int16Array,
  at: number,
): void {
  if (state.endOfBand > 0) {
    state.endOfBand -= 1;
    return;
  }
  for (let k = from; k <= to; k++) {
    const symbol = reader.symbol(table);
    const run = symbol >> 4;
    const bits = symbol & 15;
    if (bits > 0) {
      k += run;
      coefficients[at + (ZIGZAG[k] as number)] = reader.signed(bits) << low;
    } else if (run === 15) k += 15;
    else {
      state.endOfBand = (1 << run) - 1 + (run > 0 ? reader.bits(run) : 0);
      break;
    }
  }
}

function refineAc(
  table: HuffmanTable,
  from: number,
  to: number,
  low: number,
  state: ProgressiveState,
  coefficients: Int16Array,
  at: number,
): void {
  let k = from;
  for (; state.endOfBand === 0 && k <= to; k++) {
    const symbol = reader.symbol(table);
    let run = symbol >> 4;
    let value = 0;
    if ((symbol & 15) > 1) throw new FormatError('a damaged JPEG: a refinement of several bits');
    if ((symbol & 15) === 1) value = reader.bits(1) ? 1 << low : -1 << low;
    else if (run < 15) {
      state.endOfBand = (1 << run) + (run > 0 ? reader.bits(run) : 0);
      break;
    }
    for (; k <= to; k++) {
      const place = at + (ZIGZAG[k] as number);
      if (coefficients[place] !== 0) refine(coefficients, place, low);
      else if (run-- === 0) break;
    }
    if (value !== 0) coefficients[at + (ZIGZAG[k] as number)] = value;
  }
  if (state.endOfBand > 0) {
    for (; k <= to; k++) {
      const place = at + (ZIGZAG[k] as number);
      if (coefficients[place] !== 0) refine(coefficients, place, low);
    }
    state.endOfBand -= 1;
  }
}

/** One more bit of a coefficient that is not zero. */
function refine(coefficients: Int16Array, place: number, low: number): void {
  const value = coefficients[place] as number;
  if (reader.bits(1) && (Math.abs(value) & (1 << low)) === 0)
    coefficients[place] = value + (value > 0 ? 1 << low : -1 << low);
}

/**
 * Visits the blocks of a scan in their order, each by the index of its component in the scan and its place in the component's plane. `visit`
 * decodes the block; `restart` resets what it depends on.
 */
export function visitBlocks(
  bytes: Uint8Array,
  { components, restartInterval, start }: Scan,
  planes: readonly Plane[],
  restart: () => void,
  visit: (i: number, column: number, row: number) => void,
): void {
  reader.open(bytes, start);
  const plane = planes[components[0] as number] as Plane;
  const alone = components.length === 1;
  // A scan of one component has only the blocks that its pixels need; one of several has whole MCUs.
  const { h, v } = plane.component;
  const across = alone ? Math.ceil(plane.width / 8) : plane.across / h;
  const down = alone ? Math.ceil(plane.height / 8) : plane.down / v;
  let left = restartInterval;
  let restarts = 0;
  for (let row = 0; row < down; row++)
    for (let column = 0; column < across; column++) {
      if (restartInterval > 0 && left-- === 0) {
        reader.restart(restarts++);
        restart();
        left = restartInterval - 1;
      }
      if (alone) {
        visit(0, column, row);
        continue;
      }
      for (let i = 0; i < components.length; i++) {
        const { component } = planes[components[i] as number] as Plane;
        for (let y = 0; y < component.v; y++)
          for (let x = 0; x < component.h; x++) visit(i, column * component.h + x, row * component.v + y);
      }
    }
  reader.close();
}
