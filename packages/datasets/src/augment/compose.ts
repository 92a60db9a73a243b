// Two samples in one image, one of whose lesions is asked for. Without such images a model learns that all lesions are meant, whatever the
// prompt says.
import { MASK_THRESHOLD, type RasterImage, resizeLinear, resizeNearest } from '../images/raster.ts';
import { findLesions, type Lesion, type Place, placeOf } from '../prompts/lesions.ts';
import { placesIn, withPlace } from '../prompts/read.ts';
import { lesionNoun } from '../prompts/wordings.ts';
import { between, type Random } from '../random.ts';
import type { Augmentation, Partner, Sample } from './sample.ts';
import { cut } from './warp.ts';

export interface ShareOptions {
  /** Share of the samples that the step changes, 0..1. */
  readonly share?: number;
}

/** Share of the samples that each composition changes by default. */
export const COMPOSITION_SHARES = { mosaic: 0.3, paste: 0.2 } as const;

/** A lesion of a composition, with its prompt's words before the place was changed. */
interface Part {
  readonly mask: RasterImage;
  readonly prompt: string;
}

const SIZE_WORD = /\b(small|medium|large)\b/i;

/** A true prompt for a lesion at another place and perhaps of another size; undefined if it cannot be made from the old one. */
function reworded(prompt: string, { size }: Pick<Lesion, 'size'>, place: Place): string | undefined {
  const sized = prompt.replace(SIZE_WORD, size);
  const placed =
    placesIn(sized).length === 0
      ? `${sized.replace(/ in the image|[.]$/g, '')}, located in ${place} of the image`
      : withPlace(sized, place);
  return placed;
}

/** Whether a sample has one lesion that its prompt describes as such. */
const hasOne = ({ mask, prompt, partial }: Sample): boolean =>
  !partial &&
  placesIn(prompt).length <= 1 &&
  lesionNoun(prompt) !== undefined &&
  findLesions(binary(mask)).length === 1;

const binary = (mask: RasterImage): RasterImage => ({
  ...mask,
  data: mask.data.map((value) => (value >= MASK_THRESHOLD ? 255 : 0)),
});

/** The sample that asks for one part of a composition; undefined if its prompt would not be true or not fit only one. */
function asking(image: RasterImage, parts: readonly [Part, Part], asked: 0 | 1, names?: readonly [Place, Place]) {
  const lesions = parts.map(({ mask }) => findLesions(mask));
  const [[first, ...more] = [], [second, ...others] = []] = lesions;
  if (!first || !second || more.length > 0 || others.length > 0) return undefined;
  const places = names ?? [first.place, second.place];
  if (places[0] === places[1]) return undefined;
  const { mask, prompt } = parts[asked];
  const text = reworded(prompt, asked === 0 ? first : second, places[asked]);
  return text === undefined ? undefined : { image, mask, prompt: text, partial: true };
}

type Composer = (first: Sample, second: Sample, random: Random) => ((asked: 0 | 1) => Sample | undefined) | undefined;

/** What is asked for if two samples cannot be composed: one of them alone. */
const alone = (sample: Sample, { sample: other, asked }: Partner): Sample => (asked === 0 ? sample : other);

const composing =
  (compose: Composer, share: number): Augmentation =>
  (sample, random, partner) => {
    if (!(random() < share) || !partner) return sample;
    const { sample: other, asked } = partner;
    const alike = lesionNoun(sample.prompt)?.kind === lesionNoun(other.prompt)?.kind;
    if (!alike || !hasOne(sample) || !hasOne(other)) return alone(sample, partner);
    return compose(sample, other, random)?.(asked) ?? alone(sample, partner);
  };

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function put(target: RasterImage, { left, top, width, height }: Box, part: RasterImage): void {
  const { channels } = target;
  for (let y = 0; y < height; y++)
    (target.data as Uint8Array).set(
      part.data.subarray(y * width * channels, (y + 1) * width * channels),
      ((top + y) * target.width + left) * channels,
    );
}

const blank = (width: number, height: number, channels: 1 | 3): RasterImage => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels),
});

/** A window of a sample with the shape of a box and around its lesion, or the whole sample, resized to the box. */
function fitted({ image, mask }: Sample, { width, height }: Box, whole: boolean): Omit<Sample, 'prompt'> {
  if (whole) return { image: resizeLinear(image, width, height), mask: resizeNearest(binary(mask), width, height) };
  const [lesion] = findLesions(binary(mask));
  const { left, right, top, bottom } = (lesion as Lesion).box;
  const start = (middle: number, length: number, all: number) =>
    Math.round(Math.min(all - length, Math.max(0, middle * all - length / 2)));
  const [x, y] = [start((left + right) / 2, width, image.width), start((top + bottom) / 2, height, image.height)];
  return { image: cut(image, x, y, width, height), mask: cut(binary(mask), x, y, width, height) };
}

/**
 * Two samples next to each other or one above the other, in halves of 38 to 62 %. The prompt keeps its words for the lesion; size and place
 * become those of the composition: the cell of the lesion, or the half that it is in.
 *
 * Samples whose lesions are of different kinds, or that have none or several, are not composed.
 */
export const mosaic = ({ share = COMPOSITION_SHARES.mosaic }: ShareOptions = {}): Augmentation =>
  composing((first, second, random) => {
    const { width, height } = first.image;
    const [across, byHalf, whole] = [random() < 0.5, random() < 0.5, random() < 0.5];
    const at = Math.round(between(random, 0.38, 0.62) * (across ? width : height));
    const swap = random() < 0.5;
    const boxes: readonly [Box, Box] = across
      ? [
          { left: 0, top: 0, width: at, height },
          { left: at, top: 0, width: width - at, height },
        ]
      : [
          { left: 0, top: 0, width, height: at },
          { left: 0, top: at, width, height: height - at },
        ];
    const halves: readonly [Place, Place] = across ? ['left', 'right'] : ['top', 'bottom'];
    const ordered = swap ? ([1, 0] as const) : ([0, 1] as const);
    const image = blank(width, height, 3);
    const parts = [first, second].map((sample, i) => {
      const box = boxes[ordered[i] as 0 | 1];
      const part = fitted(sample, box, whole);
      put(image, box, part.image);
      const mask = blank(width, height, 1);
      put(mask, box, part.mask);
      return { mask, prompt: sample.prompt };
    }) as [Part, Part];
    const names: readonly [Place, Place] = [halves[ordered[0]], halves[ordered[1]]];
    return (asked) => asking(image, parts, asked, byHalf ? names : undefined);
  }, share);

/** Grows a mask by `by` pixels in every direction. */
function grown({ width, height, data }: RasterImage, by: number): Uint8Array {
  const pass = (source: Uint8Array, step: number, line: number, length: number, lines: number) => {
    const out = new Uint8Array(source.length);
    for (let j = 0; j < lines; j++)
      for (let i = 0, seen = -by - 1; i < length + by; i++) {
        if (i < length && source[j * line + i * step]) seen = i;
        if (i < length && i - seen <= by && seen >= 0) out[j * line + i * step] = 255;
      }
    return out;
  };
  const mirrored = (source: Uint8Array, step: number, line: number, length: number, lines: number) => {
    const out = pass(source, step, line, length, lines);
    for (let j = 0; j < lines; j++)
      for (let i = length - 1, seen = length + by + 1; i >= 0; i--) {
        if (source[j * line + i * step]) seen = i;
        if (seen - i <= by) out[j * line + i * step] = 255;
      }
    return out;
  };
  const wide = mirrored(data as Uint8Array, 1, width, width, height);
  return mirrored(wide, width, 1, height, width);
}

/** Mean color of the pixels of a ring: in `outer`, but not in `inner`. */
function ringColor({ data }: RasterImage, outer: ArrayLike<number>, inner: ArrayLike<number>): number[] {
  const sums = [0, 0, 0, 0];
  for (let k = 0; k < outer.length; k++)
    if (outer[k] && !inner[k]) {
      for (let c = 0; c < 3; c++) sums[c] = (sums[c] as number) + (data[3 * k + c] as number);
      sums[3] = (sums[3] as number) + 1;
    }
  return sums.slice(0, 3).map((sum) => sum / Math.max(1, sums[3] as number));
}

/** The other sample moved and scaled: the pixel at (x, y) comes from ((x − dx)/factor, (y − dy)/factor), the border repeats. */
function moved({ width, height, channels, data }: RasterImage, factor: number, dx: number, dy: number): RasterImage {
  const out = new Uint8Array(data.length);
  const source = (v: number, shift: number, size: number) =>
    Math.min(size - 1, Math.max(0, Math.floor((v + 0.5 - shift) / factor)));
  for (let y = 0, k = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (source(y, dy, height) * width + source(x, dx, width)) * channels;
      for (let c = 0; c < channels; c++) out[k++] = data[from + c] as number;
    }
  return { width, height, channels, data: out };
}

/** Attempts to find a place for a pasted lesion. */
const TRIES = 12;

/** Largest side of a pasted lesion, in shares of the image. */
const LARGEST_PASTE = 0.55;

/**
 * The lesion of another sample pasted into another cell of the image, with soft edges and matched to the colors there. The prompt keeps its
 * words for the lesion; size and place become those of the composition.
 */
export const paste = ({ share = COMPOSITION_SHARES.paste }: ShareOptions = {}): Augmentation =>
  composing((first, second, random) => {
    const { width, height } = first.image;
    if (second.image.width !== width || second.image.height !== height) return undefined;
    const own = binary(first.mask);
    const [[here], [there]] = [findLesions(own), findLesions(binary(second.mask))] as [Lesion[], Lesion[]];
    if (!here || !there) return undefined;
    const edge = Math.max(1, Math.round(width / 56));
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const factor = between(random, 0.5, 1);
      const { left, right, top, bottom } = there.box;
      const [across, down] = [(right - left) * factor, (bottom - top) * factor];
      const [x, y] = [between(random, 0.02, 0.98 - across), between(random, 0.02, 0.98 - down)];
      if (Math.max(across, down) > LARGEST_PASTE || placeOf(x + across / 2, y + down / 2) === here.place) continue;
      const shift = [(x - left * factor) * width, (y - top * factor) * height] as const;
      const mask = moved(binary(second.mask), factor, ...shift);
      const [near, far] = [grown(mask, edge), grown(mask, 3 * edge)];
      if (own.data.some((value, k) => value && far[k])) continue;
      const patch = moved(second.image, factor, ...shift);
      const [target, source] = [ringColor(first.image, far, near), ringColor(patch, near, mask.data)];
      const image = { ...first.image, data: Uint8Array.from(first.image.data) };
      const soft = [0, 1, 2].map((c) => (target[c] as number) - (source[c] as number));
      const weights = feathered(near, width, height, edge);
      for (let k = 0; k < weights.length; k++)
        for (let c = 0; c < 3; c++) {
          const [a, b] = [image.data[3 * k + c] as number, (patch.data[3 * k + c] as number) + (soft[c] as number)];
          const value = a + (Math.min(255, Math.max(0, b)) - a) * (weights[k] as number);
          image.data[3 * k + c] = Math.round(value);
        }
      const parts: [Part, Part] = [
        { mask: own, prompt: first.prompt },
        { mask, prompt: second.prompt },
      ];
      return (asked) => asking(image, parts, asked);
    }
    return undefined;
  }, share);

/** A mask of 0 and 255 with soft edges, 0..1: its mean over squares of `2·radius + 1` pixels. */
function feathered(mask: Uint8Array, width: number, height: number, radius: number): Float32Array {
  const pass = (source: ArrayLike<number>, step: number, line: number, length: number, lines: number) => {
    const out = new Float32Array(source.length);
    for (let j = 0; j < lines; j++) {
      const at = (i: number) => source[j * line + Math.min(length - 1, Math.max(0, i)) * step] as number;
      let sum = 0;
      for (let i = -radius; i <= radius; i++) sum += at(i);
      for (let i = 0; i < length; i++) {
        out[j * line + i * step] = sum / (2 * radius + 1);
        sum += at(i + radius + 1) - at(i - radius);
      }
    }
    return out;
  };
  return pass(pass(mask, 1, width, width, height), width, 1, height, width).map((value) => value / 255);
}
