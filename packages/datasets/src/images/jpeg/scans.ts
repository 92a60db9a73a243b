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

/** Decodes the next block of a scan into 64 coefficients from `at`. */
type BlockDecoder = (coefficients: Int16Array, at: number) => void;

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

/** One decoder per component of the scan, and what a restart resets. */
function blockDecoders(scan: Scan, reader: BitReader, progressive: boolean) {
  const { from, to, high, low, components } = scan;
  const predictions = new Int32Array(components.length);
  let endOfBand = 0;

  const sequential =
    (i: number, dc: HuffmanTable, ac: HuffmanTable): BlockDecoder =>
    (coefficients, at) => {
      const size = reader.symbol(dc);
      if (size > 0) predictions[i] = (predictions[i] as number) + reader.signed(size);
      coefficients[at] = predictions[i] as number;
      for (let k = 1; k < 64; k++) {
        const symbol = reader.symbol(ac);
        const bits = symbol & 15;
        if (bits === 0) {
          if (symbol !== 0xf0) break;
          k += 15;
        } else {
          k += symbol >> 4;
          coefficients[at + (ZIGZAG[k] as number)] = reader.signed(bits);
        }
      }
    };

  const dcFirst =
    (i: number, dc: HuffmanTable): BlockDecoder =>
    (coefficients, at) => {
      const size = reader.symbol(dc);
      if (size > 0) predictions[i] = (predictions[i] as number) + reader.signed(size);
      coefficients[at] = (predictions[i] as number) << low;
    };

  const dcRefine: BlockDecoder = (coefficients, at) => {
    if (reader.bits(1)) coefficients[at] = (coefficients[at] as number) | (1 << low);
  };

  const acFirst =
    (ac: HuffmanTable): BlockDecoder =>
    (coefficients, at) => {
      if (endOfBand > 0) {
        endOfBand -= 1;
        return;
      }
      for (let k = from; k <= to; k++) {
        const symbol = reader.symbol(ac);
        const [run, bits] = [symbol >> 4, symbol & 15];
        if (bits > 0) {
          k += run;
          coefficients[at + (ZIGZAG[k] as number)] = reader.signed(bits) << low;
        } else if (run === 15) k += 15;
        else {
          endOfBand = (1 << run) - 1 + (run > 0 ? reader.bits(run) : 0);
          break;
        }
      }
    };

  /** One more bit of a coefficient that is not zero. */
  const refine = (coefficients: Int16Array, place: number) => {
    const value = coefficients[place] as number;
    if (reader.bits(1) && (Math.abs(value) & (1 << low)) === 0)
      coefficients[place] = value + (value > 0 ? 1 << low : -1 << low);
  };

  const acRefine =
    (ac: HuffmanTable): BlockDecoder =>
    (coefficients, at) => {
      let k = from;
      for (; endOfBand === 0 && k <= to; k++) {
        const symbol = reader.symbol(ac);
        let run = symbol >> 4;
        let value = 0;
        if ((symbol & 15) > 1) throw new FormatError('a damaged JPEG: a refinement of several bits');
        if ((symbol & 15) === 1) value = reader.bits(1) ? 1 << low : -1 << low;
        else if (run < 15) {
          endOfBand = (1 << run) + (run > 0 ? reader.bits(run) : 0);
          break;
        }
        for (; k <= to; k++) {
          const place = at + (ZIGZAG[k] as number);
          if (coefficients[place] !== 0) refine(coefficients, place);
          else if (run-- === 0) break;
        }
        if (value !== 0) coefficients[at + (ZIGZAG[k] as number)] = value;
      }
      if (endOfBand > 0) {
        for (; k <= to; k++) {
          const place = at + (ZIGZAG[k] as number);
          if (coefficients[place] !== 0) refine(coefficients, place);
        }
        endOfBand -= 1;
      }
    };

  const decoders = components.map((_, i): BlockDecoder => {
    const [dc, ac] = [scan.dc[i] as HuffmanTable, scan.ac[i] as HuffmanTable];
    if (!progressive) return sequential(i, dc, ac);
    if (from === 0) return high === 0 ? dcFirst(i, dc) : dcRefine;
    return high === 0 ? acFirst(ac) : acRefine(ac);
  });
  const reset = () => {
    predictions.fill(0);
    endOfBand = 0;
  };
  return { decoders, reset };
}

/**
 * Decodes a scan. `visit` gets the plane's index, the block's place in it, and a function that decodes it; blocks must be decoded when visited.
 */
export function decodeScan(
  bytes: Uint8Array,
  { progressive }: Pick<JpegFile, 'progressive'>,
  planes: readonly Plane[],
  scan: Scan,
  visit: (plane: number, column: number, row: number, decode: BlockDecoder) => void,
): void {
  const reader = new BitReader(bytes, scan.start);
  const { decoders, reset } = blockDecoders(scan, reader, progressive);
  const { components, restartInterval } = scan;
  const [only] = components as readonly [number];
  const plane = planes[only] as Plane;
  const alone = components.length === 1;
  // A scan of one component has only the blocks that its pixels need; one of several has whole MCUs.
  const { h, v } = plane.component;
  const [across, down] = alone
    ? [Math.ceil(plane.width / 8), Math.ceil(plane.height / 8)]
    : [plane.across / h, plane.down / v];
  let [left, restarts] = [restartInterval, 0];
  for (let row = 0; row < down; row++)
    for (let column = 0; column < across; column++) {
      if (restartInterval > 0 && left-- === 0) {
        reader.restart(restarts++);
        reset();
        left = restartInterval - 1;
      }
      if (alone) {
        visit(only, column, row, decoders[0] as BlockDecoder);
        continue;
      }
      for (let i = 0; i < components.length; i++) {
        const index = components[i] as number;
        const { component } = planes[index] as Plane;
        for (let y = 0; y < component.v; y++)
          for (let x = 0; x < component.h; x++)
            visit(index, column * component.h + x, row * component.v + y, decoders[i] as BlockDecoder);
      }
    }
}
