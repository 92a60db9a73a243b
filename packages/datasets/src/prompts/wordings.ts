// The words of each modality.
import type { Wording } from './write.ts';

export const MODALITIES = ['ultrasound', 'endoscopy', 'dermoscopy', 'mri', 'xray'] as const;
export type Modality = (typeof MODALITIES)[number];

export const WORDINGS: Readonly<Record<Modality, Wording>> = {
  ultrasound: {
    finding: 'tumor',
    image: 'ultrasound image',
    organ: 'breast',
    tissue: 'breast tissue',
    surroundings: 'layered tissue of mixed echogenicity',
  },
  endoscopy: {
    finding: 'polyp',
    image: 'endoscopic image',
    organ: 'colon',
    tissue: 'colon mucosa',
    surroundings: 'minor mucosal irregularities and vascular patterns',
  },
  dermoscopy: {
    finding: 'skin lesion',
    image: 'dermoscopic image',
    organ: 'skin',
    tissue: 'skin',
    surroundings: 'subtle color variations and irregular texture',
  },
  mri: {
    finding: 'tumor',
    image: 'MRI scan',
    organ: 'brain',
    tissue: 'brain tissue',
    surroundings: 'edema and mild mass effect on adjacent tissue',
  },
  xray: {
    finding: 'opacity',
    image: 'X-ray image',
    organ: 'lungs',
    tissue: 'lung tissue',
    surroundings: 'hazy borders and overlying ribs',
  },
};
