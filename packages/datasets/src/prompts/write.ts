// Prompts in the published style, in all five designs, from the lesions of a mask.
import type { PromptDesign } from '../folder.ts';
import { type Lesion, SHAPES, SIZES } from './lesions.ts';

/** The nouns of an application, such as polyp and colon. */
export interface Wording {
  /** What the masks show, in the singular: polyp. */
  readonly lesion: string;
  /** The kind of image: endoscopic image. */
  readonly image: string;
  /** The organ: colon. */
  readonly organ: string;
  /** The tissue that is normal without a lesion: colon mucosa. */
  readonly tissue: string;
  /** What an over-descriptive prompt adds: minor mucosal irregularities and vascular patterns. */
  readonly surroundings: string;
}

const COUNTS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'] as const;

export const countWord = (count: number): string => COUNTS[count] ?? String(count);

const plural = (noun: string): string => (noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`);

/** "an image", "an MRI scan", "an X-ray": abbreviations take the article of the sound of their first letter. */
const withArticle = (noun: string): string => `${/^([aeiou]|[FHLMNRSX][A-Z-])/.test(noun) ? 'an' : 'a'} ${noun}`;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The words of a scale that occur, in the order of the scale. */
const occurring = <T>(scale: readonly T[], words: readonly T[]): string =>
  scale.filter((word) => words.includes(word)).join(', ');

export interface Description {
  /** In the order of their places; empty if the image has none. */
  readonly lesions: readonly Pick<Lesion, 'size' | 'place' | 'shape'>[];
  /** A word for color or brightness, if known. */
  readonly appearance?: string;
}

/** The prompts of an image with lesions. */
function present({ lesions, appearance }: Description, wording: Wording): Record<PromptDesign, string> {
  const count = countWord(lesions.length);
  const sizes = occurring(
    SIZES,
    lesions.map(({ size }) => size),
  );
  const shapes = occurring(
    SHAPES,
    lesions.map(({ shape }) => shape),
  );
  const places = lesions.map(({ place }) => place).join(', ');
  const { lesion, image, organ, tissue, surroundings } = wording;
  const words = (...parts: readonly (string | undefined)[]) => parts.filter(Boolean).join(' ');
  const what = words(count, sizes, appearance, shapes, lesion);
  const many = lesions.length > 1;
  const adjectives = [sizes, appearance, shapes].filter(Boolean).join(', ');
  return {
    original: `${what}, located in ${places} of the image`,
    missing_location: `${what} in the image`,
    underdescriptive: `${capitalized(lesion)} visible.`,
    overdescriptive: capitalized(
      `${withArticle(image)} reveals ${many ? count : 'a'} clearly visible ${adjectives} ${many ? plural(lesion) : lesion} located in the ${places} ${many ? 'regions' : 'region'} of the ${organ}, surrounded by ${surroundings}.`,
    ),
    contradictory: capitalized(
      `${words(appearance, shapes, lesion)} detected in the ${places}, but ${tissue} appears completely normal and healthy.`,
    ),
  };
}

/** The prompts of an image without lesions; the contradictory one mentions one anyway. */
function absent({ lesion, image, organ, tissue }: Wording): Record<PromptDesign, string> {
  return {
    original: `no ${lesion} in the image`,
    missing_location: `no ${lesion} visible in the image`,
    underdescriptive: `Normal ${organ}.`,
    overdescriptive: `No ${lesion} is visible in the ${image}, and the ${tissue} appears uniform with smooth borders.`,
    contradictory: `${capitalized(tissue)} appears normal with no ${lesion}, although one ${lesion} seems visible.`,
  };
}

/**
 * Writes the prompts of an image, one per prompt design.
 *
 * @example
 * ```ts
 * writePrompts({ lesions: [{ size: 'small', place: 'top left', shape: 'round' }] }, WORDINGS.endoscopy).original;
 * // 'one small round polyp, located in top left of the image'
 * ```
 */
export const writePrompts = (description: Description, wording: Wording): Record<PromptDesign, string> =>
  description.lesions.length === 0 ? absent(wording) : present(description, wording);
