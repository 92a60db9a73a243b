// The nouns of each modality.
import type { Wording } from './write.ts';

export const MODALITIES = ['ultrasound', 'endoscopy', 'dermoscopy', 'mri', 'xray'] as const;
export type Modality = (typeof MODALITIES)[number];

export const WORDINGS: Readonly<Record<Modality, Wording>> = {
  ultrasound: {
    lesion: 'tumor',
    image: 'ultrasound image',
    organ: 'breast',
    tissue: 'breast tissue',
    surroundings: 'layered tissue of mixed echogenicity',
  },
  endoscopy: {
    lesion: 'polyp',
    image: 'endoscopic image',
    organ: 'colon',
    tissue: 'colon mucosa',
    surroundings: 'minor mucosal irregularities and vascular patterns',
  },
  dermoscopy: {
    lesion: 'skin lesion',
    image: 'dermoscopic image',
    organ: 'skin',
    tissue: 'skin',
    surroundings: 'subtle color variations and irregular texture',
  },
  mri: {
    lesion: 'tumor',
    image: 'MRI scan',
    organ: 'brain',
    tissue: 'brain tissue',
    surroundings: 'edema and mild mass effect on adjacent tissue',
  },
  xray: {
    lesion: 'opacity',
    image: 'X-ray image',
    organ: 'lungs',
    tissue: 'lung tissue',
    surroundings: 'hazy borders and overlying ribs',
  },
};

/** Nouns for lesions in prompts, by what they mean: a prompt that asks for one kind does not ask for another. */
export const LESION_NOUNS = {
  polyp: ['polyp', 'polyps'],
  tumor: ['tumor', 'tumors', 'mass', 'masses'],
  skin: ['skin lesion', 'skin lesions', 'skin melanoma', 'melanoma'],
  opacity: ['opacity', 'opacities', 'infection'],
} as const;

export type LesionKind = keyof typeof LESION_NOUNS;

const NOUN = new RegExp(
  `\\b(?:${Object.values(LESION_NOUNS)
    .flat()
    .sort((a, b) => b.length - a.length)
    .join('|')})\\b`,
  'i',
);

/**
 * The first lesion noun of a prompt and its kind; none in prompts that use another word.
 *
 * @example
 * ```ts
 * lesionNoun('one small polyp, located in top of the image');
 * // { noun: 'polyp', kind: 'polyp', index: 10 }
 * ```
 */
export function lesionNoun(prompt: string): { noun: string; kind: LesionKind; index: number } | undefined {
  const match = NOUN.exec(prompt);
  if (!match) return undefined;
  const [noun] = match;
  const kind = (Object.keys(LESION_NOUNS) as LesionKind[]).find((key) =>
    (LESION_NOUNS[key] as readonly string[]).includes(noun.toLowerCase()),
  ) as LesionKind;
  return { noun, kind, index: match.index };
}
