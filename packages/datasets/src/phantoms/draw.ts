// Drawn medical pictures with lesions, masks and true prompts.
import type { PromptDesign } from '../folder.ts';
import type { RasterImage } from '../images/raster.ts';
import { type Finding, findings } from '../prompts/findings.ts';
import { type Modality, WORDINGS } from '../prompts/wordings.ts';
import { writePrompts } from '../prompts/write.ts';
import { pick, pickWeighted, seededRandom } from '../random.ts';
import { dermoscopy } from './dermoscopy.ts';
import { endoscopy } from './endoscopy.ts';
import { lesionMask, placeLesions } from './lesions.ts';
import { mri } from './mri.ts';
import type { SceneMaker } from './scene.ts';
import { ultrasound } from './ultrasound.ts';
import { xray } from './xray.ts';

const SCENES: Readonly<Record<Modality, SceneMaker>> = { ultrasound, endoscopy, dermoscopy, mri, xray };

/** How many lesions, and how often. */
const COUNTS = [
  [0, 0.14],
  [1, 0.58],
  [2, 0.19],
  [3, 0.09],
] as const;

export interface PhantomOptions {
  readonly modality: Modality;
  /** A whole number; the same seed gives the same phantom. */
  readonly seed: number;
  /** Width and height in pixels. A phantom shows the same things at every size. */
  readonly size?: number;
}

export interface Phantom {
  /** RGB. */
  readonly image: RasterImage;
  /** One channel: 0 and 255. */
  readonly mask: RasterImage;
  /** What the mask shows, measured on the mask itself. */
  readonly findings: readonly Finding[];
  /** Color or brightness of the lesions; none if there are none. */
  readonly appearance?: string;
  /** By prompt design. */
  readonly prompts: Readonly<Record<PromptDesign, string>>;
  /** The original design. */
  readonly prompt: string;
}

/** Draws a phantom: anatomy, then lesions where it has room, then texture, each from a stream of its own. */
export function drawPhantom({ modality, seed, size = 224 }: PhantomOptions): Phantom {
  const stream = (part: string) => seededRandom('phantom', modality, seed, part);
  const scene = SCENES[modality](stream('anatomy'));
  const random = stream('lesions');
  const count = pickWeighted(random, COUNTS);
  const word = pick(random, scene.appearances);
  const lesions = placeLesions(random, count, scene);
  const mask = lesionMask(lesions, size);
  const seen = findings(mask);
  const appearance = seen.length > 0 ? word : undefined;
  const prompts = writePrompts({ findings: seen, appearance }, WORDINGS[modality]);
  return {
    image: scene.paint(lesions, word, size, stream('texture')),
    mask,
    findings: seen,
    appearance,
    prompts,
    prompt: prompts.original,
  };
}
