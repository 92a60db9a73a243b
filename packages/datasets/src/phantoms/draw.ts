// Synthetic medical images with lesions, masks and accurate prompts.
import type { PromptDesign } from '../folder.ts';
import type { RasterImage } from '../images/raster.ts';
import { findLesions, type Lesion } from '../prompts/lesions.ts';
import { type Modality, WORDINGS } from '../prompts/wordings.ts';
import { writePrompts } from '../prompts/write.ts';
import { pick, pickWeighted, seededRandom } from '../random.ts';
import { dermoscopy } from './dermoscopy.ts';
import { endoscopy } from './endoscopy.ts';
import { lesionMask, placeLesions, type SceneMaker } from './lesions.ts';
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

export interface PhantomOptions {
  readonly modality: Modality;
  /** An integer; the same seed gives the same phantom. */
  readonly seed: number;
  /** Width and height in pixels. A phantom has the same content at every size. */
  readonly size?: number;
}

export interface Phantom {
  /** RGB. */
  readonly image: RasterImage;
  /** One channel: 0 and 255. */
  readonly mask: RasterImage;
  /** The lesions, measured on the mask. */
  readonly lesions: readonly Lesion[];
  /** Color or brightness of the lesions; none if there are none. */
  readonly appearance?: string;
  /** By prompt design. */
  readonly prompts: Readonly<Record<PromptDesign, string>>;
  /** The original design. */
  readonly prompt: string;
}

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
export function drawPhantom({ modality, seed, size = 224 }: PhantomOptions): Phantom {
  const stream = (part: string) => seededRandom('phantom', modality, seed, part);
  const scene = SCENES[modality](stream('anatomy'));
  const random = stream('lesions');
  const count = pickWeighted(random, COUNTS);
  const word = pick(random, scene.appearances);
  const lesions = placeLesions(random, count, scene);
  const mask = lesionMask(lesions, size);
  const seen = findLesions(mask);
  const appearance = seen.length > 0 ? word : undefined;
  const prompts = writePrompts({ lesions: seen, appearance }, WORDINGS[modality]);
  return {
    image: scene.paint(lesions, word, size, stream('texture')),
    mask,
    lesions: seen,
    appearance,
    prompts,
    prompt: prompts.original,
  };
}
