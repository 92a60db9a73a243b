// Synthetic medical images with lesions, masks and accurate prompts.
import { ArgumentError } from '../errors.ts';
import type { PromptDesign } from '../folder.ts';
import type { RasterImage } from '../images/raster.ts';
import { findLesions, type Lesion } from '../prompts/lesions.ts';
import { type Modality, WORDINGS } from '../prompts/wordings.ts';
import { writePrompts } from '../prompts/write.ts';
import { pick, pickWeighted, type Random, seededRandom, shuffled } from '../random.ts';
import { dermoscopy } from './dermoscopy.ts';
import { endoscopy } from './endoscopy.ts';
import { lesionMask, nearestLesion, placeLesions, type Scene, type SceneMaker } from './lesions.ts';
import { mri } from './mri.ts';
import { ultrasound } from './ultrasound.ts';
import { xray } from './xray.ts';

const SCENES: Readonly<Record<Modality, SceneMaker>> = { ultrasound, endoscopy, dermoscopy, mri, xray };

/** Number of lesions and its probability. */
const COUNTS = [
  [0, 0.14],
  [1, 0.58],
  [2, 0.19],
  [3, 0.09],
] as const;

/** More do not fit into most anatomies. */
const MOST_LESIONS = 3;

export interface PhantomOptions {
  readonly modality: Modality;
  /** An integer; the same seed gives the same phantom. */
  readonly seed: number;
  /** Width and height in pixels. A phantom has the same content at every size. */
  readonly size?: number;
  /** Number of lesions, 0 to 3; fewer where there is no room. Drawn by default: none in 14 %, one in 58 % of the phantoms. */
  readonly count?: number;
  /** Whether each lesion has a color or brightness of its own. By default all lesions of an image share one. */
  readonly mixed?: boolean;
  /** Adds distractors, such as shadows, ink or a pacemaker, and makes lesions harder to see. */
  readonly hard?: boolean;
}

export interface Phantom {
  /** RGB. */
  readonly image: RasterImage;
  /** One channel: 0 and 255. */
  readonly mask: RasterImage;
  /** The lesions, measured on the mask. */
  readonly lesions: readonly Lesion[];
  /** Color or brightness of the lesions, all words if they differ; none if there are none. */
  readonly appearance?: string;
  /** The word of each lesion. */
  readonly appearances: readonly string[];
  /** By prompt design. */
  readonly prompts: Readonly<Record<PromptDesign, string>>;
  /** The original design. */
  readonly prompt: string;
}

const streamsOf =
  (modality: Modality, seed: number) =>
  (part: string): Random =>
    seededRandom('phantom', modality, seed, part);

const sceneOf = (modality: Modality, seed: number, hard: boolean): Scene => {
  const stream = streamsOf(modality, seed);
  return SCENES[modality](stream('anatomy'), hard ? stream('distractors') : undefined);
};

/** The words for color or brightness that the lesions of a phantom can have. */
export const appearancesOf = (modality: Modality, seed: number, hard = false): string[] => [
  ...new Set(sceneOf(modality, seed, hard).appearances),
];

/**
 * Draws a phantom: the anatomy, then lesions where it allows them, then texture, each from its own random stream.
 *
 * @example
 * ```ts
 * const { image, mask, prompt } = drawPhantom({ modality: 'endoscopy', seed: 5 });
 * console.log(image.width, mask.channels, prompt);
 * // 224 1 one medium white oval polyp, located in bottom of the image
 * ```
 */
export function drawPhantom({
  modality,
  seed,
  size = 224,
  count,
  mixed = false,
  hard = false,
}: PhantomOptions): Phantom {
  if (count !== undefined && !(Number.isInteger(count) && count >= 0 && count <= MOST_LESIONS))
    throw new ArgumentError('count', `0 to ${MOST_LESIONS} lesions`, `${count}`, 'Give a number in this range.');
  const stream = streamsOf(modality, seed);
  const scene = sceneOf(modality, seed, hard);
  const random = stream('lesions');
  const drawn = pickWeighted(random, COUNTS);
  const word = pick(random, scene.appearances);
  const lesions = placeLesions(random, count ?? drawn, scene);
  const others = shuffled(
    stream('appearances'),
    [...new Set(scene.appearances)].filter((other) => other !== word),
  );
  // With fewer words than lesions, some lesions share one.
  const words = lesions.map((_, i) =>
    mixed && others.length > 0 && i > 0 ? (others[(i - 1) % others.length] as string) : word,
  );
  const mask = lesionMask(lesions, size);
  const seen = findLesions(mask);
  const appearances = seen.map(({ box }) => {
    // The nearest to the center of its box; lesions do not touch, and their outlines are close to convex.
    const { index } = nearestLesion(lesions, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
    return words[index] as string;
  });
  const appearance = seen.length > 0 ? [...new Set(appearances)].join(', ') : undefined;
  const prompts = writePrompts({ lesions: seen, appearance }, WORDINGS[modality]);
  return {
    image: scene.paint(lesions, words, size, stream('texture')),
    mask,
    lesions: seen,
    appearance,
    appearances,
    prompts,
    prompt: prompts.original,
  };
}
