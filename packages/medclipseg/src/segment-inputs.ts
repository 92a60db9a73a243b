// Checks of what callers pass to `segment` and `label`; images of every accepted form as RGB.
import { MAXIMUM_PIXELS, type RasterImage } from '@medclipseg/datasets';
import {
  checkBoolean,
  checkCount,
  checkFinite,
  checkFunction,
  checkKnownKeys,
  checkOneOf,
  shown,
} from './arguments.ts';
import { ArgumentError } from './errors.ts';

/**
 * 8-bit pixels, row-major, channels interleaved: gray (1), RGB (3) or RGBA (4). Without `channels` they are RGBA, as a canvas gives them
 * (`ImageData`). Transparency is ignored, as in image files.
 */
export interface SegmentImage {
  readonly width: number;
  readonly height: number;
  readonly channels?: 1 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

const typeName = (value: unknown): string =>
  typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'an object') : shown(value);

function checkImage(subject: string, image: unknown): asserts image is SegmentImage {
  if (typeof image !== 'object' || image === null)
    throw new ArgumentError(subject, 'pixels with width and height', shown(image), 'Decode the file first.');
  const { width, height, channels = 4, data } = image as Partial<SegmentImage>;
  checkCount(`${subject}.width`, width, 1);
  checkCount(`${subject}.height`, height, 1);
  const size = `${width}x${height}`;
  const pixels = (width as number) * (height as number);
  if (pixels > MAXIMUM_PIXELS)
    throw new ArgumentError(subject, `at most ${MAXIMUM_PIXELS.toLocaleString('en')} pixels`, size, 'Scale it down.');
  checkOneOf(`${subject}.channels`, channels, [1, 3, 4]);
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray))
    throw new ArgumentError(
      `${subject}.data`,
      'a Uint8Array or Uint8ClampedArray',
      typeName(data),
      'Convert the values to 0..255.',
    );
  if (data.length !== pixels * channels)
    throw new ArgumentError(
      `${subject}.data`,
      `${pixels * channels} values for ${size} pixels of ${channels} channels`,
      `${data.length}`,
      'Check the size, and name the number of channels.',
    );
  if (channels === 4 && data.every((value, i) => i % 4 !== 3 || value === 0))
    throw new ArgumentError(subject, 'visible pixels', 'only transparent ones', 'Draw the image first.');
}

/**
 * An image as RGB. Gray values are repeated; alpha is dropped, not blended.
 *
 * @throws {ArgumentError} for sizes and pixels that do not fit
 */
export function toRgb(image: SegmentImage, subject = 'image'): RasterImage {
  checkImage(subject, image);
  const { width, height, channels = 4, data } = image;
  if (channels === 3 && data instanceof Uint8Array) return { width, height, channels, data };
  const rgb = new Uint8Array(3 * width * height);
  const second = channels === 1 ? 0 : 1;
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = data[from] as number;
    rgb[to + 1] = data[from + second] as number;
    rgb[to + 2] = data[from + 2 * second] as number;
  }
  return { width, height, channels: 3, data: rgb };
}

/** @throws {ArgumentError} unless the prompt contains words */
export function checkPrompt(prompt: unknown, subject = 'prompt'): asserts prompt is string {
  if (typeof prompt !== 'string' || !/[\p{L}\p{N}]/u.test(prompt))
    throw new ArgumentError(
      subject,
      'words that describe what to segment',
      prompt === undefined ? 'none' : shown(prompt),
      "Write for example 'one small polyp in the upper left'.",
    );
}

const SAMPLING_KEYS = ['samples', 'seed', 'fold', 'antithetic', 'stopWhen', 'signal', 'onSample'];
const SEGMENT_KEYS = [...SAMPLING_KEYS, 'name', 'trimPadding', 'dihedral', 'interpolation'];
const MOST_SAMPLES = 100_000;

/**
 * @param options of `segment`, or of `label`, which has a threshold
 * @throws {ArgumentError} for unknown options and for values out of range
 */
export function checkSegmentOptions(options: object, { hasThreshold = false } = {}): void {
  checkKnownKeys('options', options, hasThreshold ? [...SEGMENT_KEYS, 'threshold'] : SEGMENT_KEYS);
  const given = options as Record<string, unknown>;
  const ifGiven = (key: string, check: (subject: string, value: unknown) => void) => {
    if (given[key] !== undefined) check(key, given[key]);
  };
  ifGiven('samples', (subject, value) => checkCount(subject, value, 0, MOST_SAMPLES));
  ifGiven('seed', checkCount);
  ifGiven('fold', (subject, value) => checkCount(subject, value, 1));
  for (const key of ['antithetic', 'trimPadding', 'dihedral']) ifGiven(key, checkBoolean);
  ifGiven('onSample', checkFunction);
  ifGiven('threshold', (subject, value) => checkFinite(subject, value, { minimum: 0, maximum: 1 }));
  ifGiven('interpolation', (subject, value) => checkOneOf(subject, value, ['bilinear', 'nearest']));
  ifGiven('name', (subject, value) => {
    if (typeof value !== 'string') throw new ArgumentError(subject, 'a string', shown(value), 'Name the image.');
  });
  ifGiven('stopWhen', (subject, rule) => {
    if (typeof rule !== 'object' || rule === null)
      throw new ArgumentError(subject, 'a rule', shown(rule), 'Write for example { standardError: 0.01 }.');
    checkKnownKeys(subject, rule, ['standardError', 'share', 'minimum']);
    const { standardError, share, minimum } = rule as Record<string, unknown>;
    checkFinite(`${subject}.standardError`, standardError, { minimum: 0, maximum: 1 });
    if (share !== undefined) checkFinite(`${subject}.share`, share, { minimum: 0, maximum: 1 });
    if (minimum !== undefined) checkCount(`${subject}.minimum`, minimum, 1);
  });
}
