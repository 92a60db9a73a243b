// Square fields of numbers from which phantoms are painted. Lengths are fractions of the image's width, so that a seed gives the same
// content at every size.
import type { RasterImage } from '../images/raster.ts';
import { normal, type Random } from '../random.ts';

/** size·size values, row-major. */
export type Field = Float32Array;

export const clamp = (x: number, low = 0, high = 1): number => Math.min(high, Math.max(low, x));

export const mixed = (a: number, b: number, share: number): number => a + (b - a) * share;

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(from: number, to: number, x: number): number {
  const t = clamp((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}

/** Evaluates a function at the center of each pixel, in fractions of the width. */
export function fieldOf(size: number, value: (x: number, y: number, index: number) => number): Field {
  const field = new Float32Array(size * size);
  for (let j = 0, k = 0; j < size; j++)
    for (let i = 0; i < size; i++, k++) field[k] = value((i + 0.5) / size, (j + 0.5) / size, k);
  return field;
}

/** A smooth random function of the plane, roughly −1..1, that varies over `period`; octaves add finer, weaker detail. */
export function noise(
  random: Random,
  { period, octaves = 1, stretch = 1 }: { period: number; octaves?: number; stretch?: number },
): (x: number, y: number) => number {
  const LATTICE = 64;
  const layers = Array.from({ length: octaves }, (_, octave) => ({
    frequency: 2 ** octave / period,
    weight: 2 ** -octave,
    shift: [random() * LATTICE, random() * LATTICE] as const,
    values: Float32Array.from({ length: LATTICE * LATTICE }, () => random() * 2 - 1),
  }));
  const total = Math.sqrt(layers.reduce((sum, { weight }) => sum + weight * weight, 0));
  return (x, y) => {
    let sum = 0;
    for (const { frequency, weight, shift, values } of layers) {
      const [u, v] = [(x / stretch) * frequency + shift[0], y * frequency + shift[1]];
      const [i, j] = [Math.floor(u), Math.floor(v)];
      const [fx, fy] = [smoothstep(0, 1, u - i), smoothstep(0, 1, v - j)];
      const at = (a: number, b: number) => values[(b & (LATTICE - 1)) * LATTICE + (a & (LATTICE - 1))] as number;
      sum += weight * mixed(mixed(at(i, j), at(i + 1, j), fx), mixed(at(i, j + 1), at(i + 1, j + 1), fx), fy);
    }
    // Interpolation reduces the spread of the lattice's values; 1.5 restores it to roughly −1..1.
    return (1.5 * sum) / total;
  };
}

/** Gaussian blur with a standard deviation per direction, in fractions of the width; the border repeats. */
export function blurred(field: Field, size: number, across: number, down = across): Field {
  const pass = (source: Field, deviation: number, step: number, lines: number): Field => {
    const sigma = deviation * size;
    if (sigma < 0.2) return source;
    const radius = Math.ceil(3 * sigma);
    const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
      Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
    );
    const total = kernel.reduce((a, b) => a + b);
    const out = new Float32Array(source.length);
    for (let line = 0; line < size; line++)
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++) {
          const at = line * lines + clamp(i + k, 0, size - 1) * step;
          sum += (kernel[k + radius] as number) * (source[at] as number);
        }
        out[line * lines + i * step] = sum / total;
      }
    return out;
  };
  return pass(pass(field, across, 1, size), down, size, 1);
}

/** Independent normal values. */
export const grain = (random: Random, size: number): Field =>
  Float32Array.from({ length: size * size }, () => normal(random));

/** Scales to mean square 1. */
export function normalized(field: Field): Field {
  const power = Math.sqrt(field.reduce((sum, v) => sum + v * v, 0) / field.length);
  return field.map((v) => v / power);
}

const byte = (value: number): number => Math.round(clamp(value, 0, 255));

/** A gray image from brightness 0..1. */
export function grayImage(size: number, brightness: Field): RasterImage {
  const data = new Uint8Array(size * size * 3);
  for (let k = 0; k < brightness.length; k++) data.fill(byte(255 * (brightness[k] as number)), 3 * k, 3 * k + 3);
  return { width: size, height: size, channels: 3, data };
}

export type Rgb = readonly [red: number, green: number, blue: number];

/** Interpolates between two colors. */
export const blend = (a: Rgb, b: Rgb, share: number): Rgb => [
  mixed(a[0], b[0], share),
  mixed(a[1], b[1], share),
  mixed(a[2], b[2], share),
];

export const scaled = ([r, g, b]: Rgb, factor: number): Rgb => [r * factor, g * factor, b * factor];

/** A color image from a color (0..255) for each pixel. */
export function colorImage(size: number, color: (x: number, y: number, index: number) => Rgb): RasterImage {
  const data = new Uint8Array(size * size * 3);
  for (let j = 0, k = 0; j < size; j++)
    for (let i = 0; i < size; i++, k++) {
      const [r, g, b] = color((i + 0.5) / size, (j + 0.5) / size, k);
      data[3 * k] = byte(r);
      data[3 * k + 1] = byte(g);
      data[3 * k + 2] = byte(b);
    }
  return { width: size, height: size, channels: 3, data };
}
