// Noise of probabilistic layers: counter-based, or none.
import * as tf from '@tensorflow/tfjs-core';
import { expectNumber, ShapeError } from './errors.ts';
import { fillNormal, keyOf } from './random.ts';

/** One row of a batch: which image it shows and which Monte-Carlo sample it is. */
export interface NoiseRow {
  readonly image: number | string;
  readonly sample: number;
  /** Negates this row's noise: the antithetic counterpart of the same row. */
  readonly negated?: boolean;
}

/** A place of the network that takes noise. */
export interface NoiseSite {
  readonly adapter: number;
  readonly direction: string;
}

/**
 * A source of standard normal noise.
 *
 * `draw` returns a tensor of `shape` [B, T, C] for a `site` of the network (an adapter and a direction), or undefined for no noise.
 */
export interface Noise {
  draw(site: NoiseSite, shape: readonly number[]): tf.Tensor | undefined;
  /** The values of `draw`, where they can be had without a tensor. */
  values?(site: NoiseSite, shape: readonly number[]): Float32Array;
}

/**
 * Noise keyed by (seed, image, sample, adapter, direction). A row's noise does not depend on the batch, the order of rows or the backend.
 *
 * @example
 * const noise = counterNoise(666, [{ image: 'scan.png', sample: 0 }]);
 * console.log(noise.draw({ adapter: 0, direction: 'imageFromText' }, [1, 77, 256])?.shape); // [ 1, 77, 256 ]
 */
export function counterNoise(seed: number, rows: readonly NoiseRow[]): Noise {
  const values = (site: NoiseSite, shape: readonly number[]) => {
    expectNumber('noise seed', seed);
    if (shape[0] !== rows.length) throw new ShapeError('noise', `${rows.length} rows`, `[${shape}]`);
    return noiseValues(seed, rows, site, tf.util.sizeFromShape(shape.slice(1)));
  };
  return { draw: (site, shape) => tf.tensor(values(site, shape), [...shape]), values };
}

/**
 * The values of {@link counterNoise} at a site, row by row.
 *
 * @param size values per row
 * @param fill draws them: `fillNormalByTables` where that is available
 */
export function noiseValues(
  seed: number,
  rows: readonly NoiseRow[],
  { adapter, direction }: NoiseSite,
  size: number,
  fill = fillNormal,
): Float32Array {
  const values = new Float32Array(size * rows.length);
  rows.forEach(({ image, sample, negated }, i) => {
    fill(keyOf(seed, image, sample, adapter, direction), values, i * size, size, negated ? -1 : 1);
  });
  return values;
}

/** No noise: the mean network. */
export const noNoise: Noise = { draw: () => undefined };
