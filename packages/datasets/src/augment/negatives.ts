// Samples whose prompt asks for what the image does not show, with an empty mask; and prompts whose place is slightly off.
import { MASK_THRESHOLD, type RasterImage, resizeLinear } from '../images/raster.ts';
import { PLACES, type Place } from '../prompts/lesions.ts';
import { claimsNoLesion, placesIn, withPlace } from '../prompts/read.ts';
import { LESION_NOUNS, type LesionKind, lesionNoun } from '../prompts/wordings.ts';
import { between, pick } from '../random.ts';
import type { ShareOptions } from './compose.ts';
import type { Augmentation } from './sample.ts';
import { cut } from './warp.ts';

const empty = (mask: RasterImage): RasterImage => ({ ...mask, data: new Uint8Array(mask.data.length) });

/** Attempts to find a window without a lesion. */
const TRIES = 20;

/** Sides of a window, in shares of the image. */
const WINDOW = [0.35, 0.7] as const;

/** A window of the image that shows no lesion, resized to the whole. The prompt still asks for one, and the mask is empty. */
export const lesionFree =
  ({ share = 0.1 }: ShareOptions = {}): Augmentation =>
  (sample, random) => {
    if (!(random() < share) || sample.partial || claimsNoLesion(sample.prompt)) return sample;
    const { width, height } = sample.image;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const side = between(random, ...WINDOW);
      const [across, down] = [Math.max(1, Math.round(side * width)), Math.max(1, Math.round(side * height))];
      const [left, top] = [Math.floor(random() * (width - across + 1)), Math.floor(random() * (height - down + 1))];
      if (cut(sample.mask, left, top, across, down).data.some((value) => value >= MASK_THRESHOLD)) continue;
      const image = resizeLinear(cut(sample.image, left, top, across, down), width, height);
      return { ...sample, image, mask: empty(sample.mask) };
    }
    return sample;
  };

/** The noun of another kind of lesion in the prompt, which the image does not show; the mask is empty. */
export const wrongLesion =
  ({ share = 0.05 }: ShareOptions = {}): Augmentation =>
  (sample, random) => {
    const found = lesionNoun(sample.prompt);
    const change = random() < share;
    const kinds = (Object.keys(LESION_NOUNS) as LesionKind[]).filter((kind) => kind !== found?.kind);
    const [noun] = LESION_NOUNS[pick(random, kinds)];
    if (!change || !found || claimsNoLesion(sample.prompt)) return sample;
    const { prompt, mask } = sample;
    const rest = prompt.slice(found.index + found.noun.length);
    return { ...sample, mask: empty(mask), prompt: `${prompt.slice(0, found.index)}${noun}${rest}` };
  };

/** The cells that share a side with a cell. */
function neighbors(place: Place): Place[] {
  const at = PLACES.indexOf(place);
  const [x, y] = [at % 3, Math.floor(at / 3)];
  return PLACES.filter((_, i) => Math.abs((i % 3) - x) + Math.abs(Math.floor(i / 3) - y) === 1);
}

/** A place next to the true one in prompts that name one place, so that a place that is slightly off is no reason to mark nothing. */
export const relaxedPlace =
  ({ share = 0.15 }: ShareOptions = {}): Augmentation =>
  (sample, random) => {
    const [place] = placesIn(sample.prompt);
    if (!(random() < share) || place === undefined) return sample;
    return { ...sample, prompt: withPlace(sample.prompt, pick(random, neighbors(place))) ?? sample.prompt };
  };
