// Origin, terms and citation of each published dataset, from the DATASETS page of the reference unless stated otherwise.

/** A dataset's origin. */
export interface DatasetSource {
  /** The archive in the layout of this package; `undefined` if it must be prepared from raw data. */
  readonly archive: string | undefined;
  /** Where the data were first described or published. */
  readonly origin: string;
  readonly citation: string;
  /** Terms of use as far as they are known; the publishing repository states none of its own. */
  readonly terms: string;
}

/** The dataset repository on the model hub that holds an archive for each dataset but EUS. */
export const HUB_REPOSITORY = 'TahaKoleilat/MedCLIPSeg';

const UNKNOWN = 'not stated where the archive is published; ask at the origin';

const fromHub = (name: string, origin: string, citation: string, terms = UNKNOWN): DatasetSource => ({
  archive: `${name}.zip`,
  origin,
  citation,
  terms,
});

export const SOURCES = {
  BUSI: fromHub(
    'BUSI',
    'https://pubmed.ncbi.nlm.nih.gov/31867417/',
    'Al-Dhabyani et al., Dataset of breast ultrasound images, Data in Brief, 2020',
  ),
  BUSBRA: fromHub(
    'BUSBRA',
    'https://aapm.onlinelibrary.wiley.com/doi/10.1002/mp.16812',
    'Gómez-Flores et al., BUS-BRA: a breast ultrasound dataset for assessing computer-aided diagnosis systems, Medical Physics, 2024',
    'for academic and research purposes, by its article; the exact license is not stated where the archive is published',
  ),
  BUSUC: fromHub(
    'BUSUC',
    'https://data.mendeley.com/datasets/vckdnhtw26',
    'Iqbal and Sharif, PDF-UNet: a semi-supervised method for segmentation of breast tumor images using a U-shaped pyramid-dilated network, 2023; images by Rodrigues, Breast Ultrasound Image, Mendeley Data, 2017',
  ),
  BUID: fromHub(
    'BUID',
    'https://www.sciencedirect.com/science/article/pii/S0010482522011465',
    'Computers in Biology and Medicine, article S0010482522011465',
  ),
  UDIAT: fromHub(
    'UDIAT',
    'https://www.sciencedirect.com/science/article/pii/S174680942030183X',
    'Biomedical Signal Processing and Control, article S174680942030183X',
  ),
  BTMRI: fromHub(
    'BTMRI',
    'https://figshare.com/articles/dataset/brain_tumor_dataset/1512427',
    'Cheng, brain tumor dataset, figshare 1512427',
  ),
  BRISC: fromHub(
    'BRISC',
    'https://arxiv.org/abs/2506.14318',
    'Fateh et al., BRISC: annotated dataset for brain tumor segmentation and classification, arXiv 2506.14318',
  ),
  ISIC: fromHub(
    'ISIC',
    'https://arxiv.org/abs/1902.03368',
    'Codella et al., Skin lesion analysis toward melanoma detection 2018, arXiv 1902.03368',
    'not stated where the archive is published; the 2018 challenge is listed as CC BY-NC 4.0, the 2016 one, whose 900 and 379 images these splits have, as CC0',
  ),
  UWaterlooSkinCancer: fromHub(
    'UWaterlooSkinCancer',
    'https://ieeexplore.ieee.org/stamp/stamp.jsp?arnumber=6937161',
    'University of Waterloo skin cancer images, IEEE article 6937161',
  ),
  Kvasir: fromHub(
    'Kvasir',
    'https://arxiv.org/abs/1911.07069',
    'Jha et al., Kvasir-SEG: a segmented polyp dataset, MMM 2020, arXiv 1911.07069',
    'research and education, by its own page; the same images and masks are in HyperKvasir (Borgli et al., 2020) under CC BY 4.0',
  ),
  ColonDB: fromHub(
    'ColonDB',
    'https://ieeexplore.ieee.org/stamp/stamp.jsp?tp=&arnumber=7294676&tag=1',
    'CVC-ColonDB, IEEE article 7294676',
  ),
  ClinicDB: fromHub('ClinicDB', 'https://refbase.cvc.uab.es/files/BSF2015.pdf', 'Bernal et al., CVC-ClinicDB, 2015'),
  CVC300: fromHub(
    'CVC300',
    'https://arxiv.org/abs/1612.00799',
    'Vázquez et al., A benchmark for endoluminal scene segmentation of colonoscopy images, arXiv 1612.00799',
  ),
  BKAI: fromHub(
    'BKAI',
    'https://arxiv.org/abs/2107.05023',
    'Lan et al., NeoUNet: toward accurate colon polyp segmentation and neoplasm detection, arXiv 2107.05023',
  ),
  Covid19: fromHub(
    'Covid19',
    'https://arxiv.org/abs/2202.10185',
    'Degerli et al., QaTa-COV19, arXiv 2202.10185; prompts by LViT',
  ),
  EUS: {
    archive: undefined,
    origin: 'https://drive.google.com/drive/folders/10VFNadH6cD6bG3fD2Yf90iDv3JIqsIlv',
    citation:
      'Jaramillo et al., Endoscopic ultrasound database of the pancreas, Proc. SPIE 11583, 2020, 10.1117/12.2581321',
    terms: UNKNOWN,
  },
} as const satisfies Readonly<Record<string, DatasetSource>>;
