// Changes of color and brightness; mask and prompt stay.
import { between, normal, type Random } from '../random.ts';
import type { Augmentation } from './sample.ts';

/** Brightness, contrast and saturation, each changed by up to a quarter. */
export const color = (): Augmentation => (sample, random) => {
  const { image } = sample;
  const [brightness, contrast, saturation] = [0, 0, 0].map(() => 0.75 + 0.5 * random()) as [number, number, number];
  return { ...sample, image: { ...image, data: recolored(image.data, brightness, contrast, saturation) } };
};

const clamped = (value: number): number => Math.min(255, Math.max(0, value));

/** RGB pixels with their saturation, contrast and brightness multiplied, in this order. */
function recolored(pixels: Uint8Array, brightness: number, contrast: number, saturation: number): Uint8Array {
  const out = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const r = pixels[i] as number;
    const g = pixels[i + 1] as number;
    const b = pixels[i + 2] as number;
    const gray = 0.299 * r + 0.587 * g + 0.114 * b;
    // What is stored is cut to a whole number.
    out[i] = clamped(((gray + (r - gray) * saturation - 128) * contrast + 128) * brightness + 0.5);
    out[i + 1] = clamped(((gray + (g - gray) * saturation - 128) * contrast + 128) * brightness + 0.5);
    out[i + 2] = clamped(((gray + (b - gray) * saturation - 128) * contrast + 128) * brightness + 0.5);
  }
  return out;
}

/** Replaces each of the 256 values by another, the same for all pixels and channels. */
const toned =
  (draw: (random: Random) => (value: number) => number): Augmentation =>
  (sample, random) => {
    const { image } = sample;
    const tone = draw(random);
    const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => tone(value));
    return { ...sample, image: { ...image, data: image.data.map((value) => table[value] as number) } };
  };

export interface StrengthOptions {
  /** Largest change, 0..1. */
  readonly by?: number;
}

/** Every value times a factor of 1 ± `by`. */
export const brightness = ({ by = 0.25 }: StrengthOptions = {}): Augmentation =>
  toned((random) => {
    const factor = between(random, 1 - by, 1 + by);
    return (value) => value * factor;
  });

/** The distance of every value from middle gray times a factor of 1 ± `by`. */
export const contrast = ({ by = 0.25 }: StrengthOptions = {}): Augmentation =>
  toned((random) => {
    const factor = between(random, 1 - by, 1 + by);
    return (value) => 127.5 + (value - 127.5) * factor;
  });

export interface GammaOptions {
  /** Largest exponent; the smallest is its inverse, and both are as likely. */
  readonly most?: number;
}

/** Values, as shares of 255, to a power: black and white stay. */
export const gamma = ({ most = 1.5 }: GammaOptions = {}): Augmentation =>
  toned((random) => {
    const exponent = most ** between(random, -1, 1);
    return (value) => 255 * (value / 255) ** exponent;
  });

export interface SpeckleOptions {
  /** Standard deviation of the factor. */
  readonly deviation?: number;
}

/** Multiplicative noise, as in ultrasound: each pixel times its own normal factor about 1, the same for all channels. */
export const speckle =
  ({ deviation = 0.12 }: SpeckleOptions = {}): Augmentation =>
  (sample, random) => {
    const { image } = sample;
    const data = new Uint8ClampedArray(image.data.length);
    for (let i = 0; i < data.length; i += image.channels) {
      const factor = 1 + deviation * normal(random);
      for (let c = 0; c < image.channels; c++) data[i + c] = (image.data[i + c] as number) * factor;
    }
    return { ...sample, image: { ...image, data: new Uint8Array(data.buffer) } };
  };
