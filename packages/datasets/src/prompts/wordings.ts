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
