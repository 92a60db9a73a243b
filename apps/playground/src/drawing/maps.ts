// The maps of an estimate: their sizes, and their values at a point.
import type { Estimate } from 'medclipseg';
import type { Uncertainty } from '../worker/protocol.ts';

/** Width and height of the maps; models see squares. */
export const estimateSize = ({ probability }: Pick<Estimate, 'probability'>): readonly [number, number] => {
  const side = Math.sqrt(probability.length);
  return [side, side];
};

export const uncertaintyMap = (estimate: Estimate, kind: Uncertainty): Float32Array =>
  ({
    predictive: estimate.uncertainty,
    expected: estimate.expectedEntropy,
    mutual: estimate.mutualInformation,
  })[kind];

/** Bilinear interpolation with half-pixel centers, as in enlarged maps. @param x, y relative position, 0 to 1 */
export function valueAt(map: Float32Array, size: number, x: number, y: number): number {
  const [u, v] = [x, y].map((share) => Math.min(size - 1, Math.max(0, share * size - 0.5))) as [number, number];
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [right, bottom] = [Math.min(size - 1, left + 1), Math.min(size - 1, top + 1)];
  const mix = (row: number) => {
    const [a, b] = [map[row * size + left] as number, map[row * size + right] as number];
    return a + (b - a) * (u - left);
  };
  return mix(top) + (mix(bottom) - mix(top)) * (v - top);
}

/** Longer side of a layer: fine enough for smooth outlines, small enough to redraw while a slider moves. */
const [MINIMUM_LAYER, MAXIMUM_LAYER] = [720, 1200];
/** Longer side of the displayed image. */
const MAXIMUM_DISPLAY = 2400;

const scaled = (width: number, height: number, longer: number): readonly [number, number] => {
  const scale = longer / Math.max(width, height);
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
};

export const layerSize = (width: number, height: number): readonly [number, number] =>
  scaled(width, height, Math.min(MAXIMUM_LAYER, Math.max(MINIMUM_LAYER, Math.max(width, height))));

export const displaySize = (width: number, height: number): readonly [number, number] =>
  scaled(width, height, Math.min(MAXIMUM_DISPLAY, Math.max(width, height)));

/** The next of 1, 2 and 5 times a power of ten, for the end of a scale; 0.0001 for smaller values. */
export function roundAbove(value: number): number {
  if (!(value > 0.0001)) return 0.0001;
  const power = 10 ** Math.floor(Math.log10(value));
  const above = power * ([1, 2, 5, 10].find((factor) => factor * power >= value) as number);
  return Number(above.toPrecision(1));
}
