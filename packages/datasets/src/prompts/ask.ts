// Prompts that ask for one lesion of several, by what sets it apart, or for a lesion that is not there.
import type { PromptDesign } from '../folder.ts';
import { pick, type Random } from '../random.ts';
import { type Lesion, PLACES, SHAPES, SIZES } from './lesions.ts';
import { type Wording, writePrompts } from './write.ts';

/** What a prompt may name of a lesion. */
export const ASKED_BY = ['place', 'size', 'color'] as const;
export type AskedBy = (typeof ASKED_BY)[number];

/** The words that describe a lesion. */
export interface LesionWords extends Pick<Lesion, 'size' | 'place' | 'shape'>, Partial<Pick<Lesion, 'area'>> {
  /** A word for color or brightness, if known. */
  readonly appearance?: string;
}

const wordFor = (by: AskedBy, { place, size, appearance }: LesionWords): string | undefined =>
  ({ place, size, color: appearance })[by];

/** Smallest ratio of the areas of two lesions whose sizes can be distinguished: near a boundary of the words, equal lesions have different ones. */
const SIZE_RATIO = 1.5;

const haveSimilarAreas = ({ area: a }: LesionWords, { area: b }: LesionWords): boolean =>
  a !== undefined && b !== undefined && Math.max(a, b) < SIZE_RATIO * Math.min(a, b);

/** What sets a lesion apart from all others of its image. With one lesion, everything does. */
export const distinctions = (lesions: readonly LesionWords[], index: number): AskedBy[] => {
  const lesion = lesions[index] as LesionWords;
  const others = lesions.filter((_, i) => i !== index);
  return ASKED_BY.filter((by) => {
    const word = wordFor(by, lesion);
    const isAlike = (other: LesionWords) =>
      wordFor(by, other) === word || (by === 'size' && haveSimilarAreas(lesion, other));
    return word !== undefined && !others.some(isAlike);
  });
};

/**
 * The prompt that asks for a lesion by one of its properties alone, in the style of the published Kvasir prompts.
 *
 * @example
 * ```ts
 * askBy('size', { size: 'small', place: 'top left', shape: 'round' }, 'polyp');
 * // 'one small polyp in the image'
 * ```
 */
export const askBy = (by: AskedBy, lesion: LesionWords, noun: string): string =>
  by === 'place'
    ? `one ${noun}, located in ${lesion.place} of the image`
    : `one ${wordFor(by, lesion)} ${noun} in the image`;

/** How often a prompt names everything that is known of the lesion. */
const EVERYTHING = 0.4;

/**
 * The prompts that ask for one lesion of an image; none if nothing sets it apart. All words are true: the original prompt names everything, or
 * only one property that sets the lesion apart.
 */
export function askFor(
  lesions: readonly LesionWords[],
  index: number,
  wording: Wording,
  random: Random,
): Record<PromptDesign, string> | undefined {
  const lesion = lesions[index] as LesionWords;
  const by = distinctions(lesions, index);
  const [everything, choice] = [random() < EVERYTHING, pick(random, by)];
  if (choice === undefined) return undefined;
  const prompts = writePrompts({ lesions: [lesion], appearance: lesion.appearance }, wording);
  return everything ? prompts : { ...prompts, original: askBy(choice, lesion, wording.lesion) };
}

/** Prompts that ask for a lesion in an image without any: the noun alone, or words for a lesion that could be there. */
export function askInVain(
  appearances: readonly string[],
  wording: Wording,
  random: Random,
): Record<PromptDesign, string> {
  const lesion: LesionWords = {
    size: pick(random, SIZES),
    place: pick(random, PLACES),
    shape: pick(random, SHAPES),
    appearance: pick(random, appearances),
  };
  const prompts = writePrompts({ lesions: [lesion], appearance: lesion.appearance }, wording);
  const by = pick(random, ASKED_BY);
  const { lesion: noun } = wording;
  const original = pick(random, [noun, `one ${noun} in the image`, askBy(by, lesion, noun), prompts.original]);
  return { ...prompts, original };
}
