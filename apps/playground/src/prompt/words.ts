// The words that suggestions offer: those of the published prompts, by what they say.
import { type Modality, PLACES, type Place, WORDINGS } from '@medclipseg/datasets';

export const SIZES = ['small', 'medium', 'large'] as const;
export const COUNTS = ['one', 'two', 'three'] as const;

/** Colors and brightness of findings, by the kind of picture. */
export const APPEARANCES: Readonly<Record<Modality, readonly string[]>> = {
  endoscopy: ['pink', 'red', 'white', 'yellow', 'brown', 'orange'],
  dermoscopy: ['brown', 'black', 'red', 'tan', 'pink'],
  ultrasound: ['dark', 'black', 'bright'],
  mri: ['bright', 'dark'],
  xray: ['faint', 'dense'],
};

export const FINDINGS = [...new Set(Object.values(WORDINGS).map(({ finding }) => finding))];

/** Kinds of words, in the order in which they stand before the place. */
export const KINDS = ['count', 'size', 'appearance', 'finding'] as const;
export type Kind = (typeof KINDS)[number];

export const VOCABULARY: Readonly<Record<Kind, readonly string[]>> = {
  count: ['no', ...COUNTS, 'four', 'five', 'multiple', 'several'],
  size: [...SIZES, 'big', 'tiny'],
  appearance: [...new Set([...Object.values(APPEARANCES).flat(), 'purple', 'gray', 'gray'])],
  // Longer ones first: a skin lesion is not only a lesion.
  finding: [...FINDINGS, 'nodule', 'lesion', 'mass'].sort((a, b) => b.length - a.length),
};

export { PLACES, type Place };
