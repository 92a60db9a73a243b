// Prompts in the published style, in all five designs, from what a mask shows.
import type { PromptDesign } from '../folder.ts';
import { type Finding, SHAPES, SIZES } from './findings.ts';

/** The words of a field: they make "one small polyp" of one dataset "two large lung nodules" of another. */
export interface Wording {
  /** What is looked for, in the singular: polyp. */
  readonly finding: string;
  /** The picture: endoscopic image. */
  readonly image: string;
  /** Where the finding lies: colon. */
  readonly organ: string;
  /** What is normal if there is no finding: colon mucosa. */
  readonly tissue: string;
  /** What an over-descriptive prompt adds: minor mucosal irregularities and vascular patterns. */
  readonly surroundings: string;
}

const COUNTS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'] as const;

export const countWord = (count: number): string => COUNTS[count] ?? String(count);

const plural = (noun: string): string => (noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`);

/** An image, an MRI scan, an X-ray: letters that are spelt out count by their sound. */
const withArticle = (noun: string): string => `${/^([aeiou]|[FHLMNRSX][A-Z-])/.test(noun) ? 'an' : 'a'} ${noun}`;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The words of a scale that occur, in the scale's order. */
const occurring = <T>(scale: readonly T[], words: readonly T[]): string =>
  scale.filter((word) => words.includes(word)).join(', ');

export interface Description {
  /** In the order of their places; none is a picture without a finding. */
  readonly findings: readonly Pick<Finding, 'size' | 'place' | 'shape'>[];
  /** A word for color or brightness, if it is known. */
  readonly appearance?: string;
}

/** How each design says that there is something. */
function present({ findings, appearance }: Description, wording: Wording): Record<PromptDesign, string> {
  const count = countWord(findings.length);
  const sizes = occurring(
    SIZES,
    findings.map(({ size }) => size),
  );
  const shapes = occurring(
    SHAPES,
    findings.map(({ shape }) => shape),
  );
  const places = findings.map(({ place }) => place).join(', ');
  const { finding, image, organ, tissue, surroundings } = wording;
  const words = (...parts: readonly (string | undefined)[]) => parts.filter(Boolean).join(' ');
  const what = words(count, sizes, appearance, shapes, finding);
  const many = findings.length > 1;
  const adjectives = [sizes, appearance, shapes].filter(Boolean).join(', ');
  return {
    original: `${what}, located in ${places} of the image`,
    missing_location: `${what} in the image`,
    underdescriptive: `${capitalized(finding)} visible.`,
    overdescriptive: capitalized(
      `${withArticle(image)} reveals ${many ? count : 'a'} clearly visible ${adjectives} ${many ? plural(finding) : finding} located in the ${places} ${many ? 'regions' : 'region'} of the ${organ}, surrounded by ${surroundings}.`,
    ),
    contradictory: capitalized(
      `${words(appearance, shapes, finding)} detected in the ${places}, but ${tissue} appears completely normal and healthy.`,
    ),
  };
}

/** How each design says that there is nothing; the contradictory one takes it back. */
function absent({ finding, image, organ, tissue }: Wording): Record<PromptDesign, string> {
  return {
    original: `no ${finding} in the image`,
    missing_location: `no ${finding} visible in the image`,
    underdescriptive: `Normal ${organ}.`,
    overdescriptive: `No ${finding} is visible in the ${image}, and the ${tissue} appears uniform with smooth borders.`,
    contradictory: `${capitalized(tissue)} appears normal with no ${finding}, although one ${finding} seems visible.`,
  };
}

/** The prompts of a picture, by prompt design. */
export const writePrompts = (description: Description, wording: Wording): Record<PromptDesign, string> =>
  description.findings.length === 0 ? absent(wording) : present(description, wording);
