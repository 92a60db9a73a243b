// The sixteen published datasets as data: subject, number of rows of each prompt sheet, file names, source.
import type { PromptDesign, SplitOptions } from './folder.ts';
import { type DatasetSource, SOURCES } from './sources.ts';

export type Percentage = NonNullable<SplitOptions['percentage']>;

type Rows = Readonly<Partial<Record<Percentage, number>>>;

export interface DatasetEntry {
  readonly modality: 'ultrasound' | 'endoscopic ultrasound' | 'mri' | 'dermoscopy' | 'x-ray' | 'endoscopy';
  readonly organ: string;
  /** Rows of the sheets, by percentage; a missing percentage has no sheet. */
  readonly train: Rows;
  readonly val: Rows;
  /** The test split is never reduced. */
  readonly test: number;
  /** The designs in which the test prompts exist. */
  readonly designs: readonly PromptDesign[];
  /** The name of an image's mask in the sheets: `{stem}` is the image's name without its ending, which is `.png` in every sheet. */
  readonly maskName: '{stem}.png' | '{stem}.jpeg' | '{stem}_Segmentation.png';
  /** The title of the column of masks, if it is not `Ground Truth` in all sheets. */
  readonly maskColumn?: 'Mask';
  readonly source: DatasetSource;
}

type Counts = Omit<DatasetEntry, 'maskName' | 'source'> & Partial<Pick<DatasetEntry, 'maskName'>>;

const ALL_DESIGNS: readonly PromptDesign[] = [
  'original',
  'contradictory',
  'missing_location',
  'overdescriptive',
  'underdescriptive',
];

const shares = (ten: number, quarter: number, half: number, all: number): Rows => ({
  10: ten,
  25: quarter,
  50: half,
  100: all,
});

const ultrasoundBreast = { modality: 'ultrasound', organ: 'breast', designs: ALL_DESIGNS } as const;
const endoscopyColon = { modality: 'endoscopy', organ: 'colon', designs: ALL_DESIGNS } as const;
const mriBrain = { modality: 'mri', organ: 'brain', designs: ALL_DESIGNS } as const;
const dermoscopySkin = { modality: 'dermoscopy', organ: 'skin', designs: ALL_DESIGNS } as const;

const COUNTS = {
  BUSI: { ...ultrasoundBreast, train: shares(62, 156, 312, 624), val: shares(7, 19, 39, 78), test: 78 },
  BUSBRA: { ...ultrasoundBreast, train: { 100: 1311 }, val: { 100: 282 }, test: 282 },
  BUSUC: { ...ultrasoundBreast, train: { 100: 567 }, val: { 100: 122 }, test: 122 },
  BUID: { ...ultrasoundBreast, train: { 100: 162 }, val: { 100: 35 }, test: 35 },
  UDIAT: { ...ultrasoundBreast, train: { 100: 113 }, val: { 100: 25 }, test: 25 },
  BTMRI: { ...mriBrain, train: shares(273, 684, 1369, 2738), val: shares(132, 330, 660, 1321), test: 1005 },
  BRISC: { ...mriBrain, train: { 100: 4000 }, val: { 100: 1000 }, test: 1000 },
  ISIC: {
    ...dermoscopySkin,
    train: shares(80, 202, 405, 810),
    val: shares(9, 22, 45, 90),
    test: 379,
    maskName: '{stem}_Segmentation.png',
  },
  UWaterlooSkinCancer: { ...dermoscopySkin, train: { 100: 132 }, val: { 100: 0 }, test: 41, maskColumn: 'Mask' },
  Kvasir: { ...endoscopyColon, train: shares(80, 200, 400, 800), val: shares(10, 25, 50, 100), test: 100 },
  ColonDB: { ...endoscopyColon, train: { 100: 20 }, val: { 100: 0 }, test: 360 },
  ClinicDB: { ...endoscopyColon, train: { 100: 490 }, val: { 100: 61 }, test: 61 },
  CVC300: { ...endoscopyColon, train: { 100: 20 }, val: { 100: 0 }, test: 60 },
  BKAI: { ...endoscopyColon, train: { 100: 800 }, val: { 100: 100 }, test: 100, maskName: '{stem}.jpeg' },
  Covid19: {
    modality: 'x-ray',
    organ: 'lungs',
    train: shares(571, 1429, 2858, 5716),
    val: shares(142, 357, 714, 1429),
    test: 2113,
    designs: ['original'],
  },
  EUS: {
    modality: 'endoscopic ultrasound',
    organ: 'pancreas',
    train: shares(2631, 6579, 13159, 26318),
    val: shares(175, 439, 879, 1758),
    test: 10090,
    designs: ['original'],
  },
} as const satisfies Readonly<Record<keyof typeof SOURCES, Counts>>;

export type DatasetName = keyof typeof COUNTS;

/** The sixteen datasets by the names that the reference gives them. */
export const DATASETS = Object.fromEntries(
  Object.entries<Counts>(COUNTS).map(([name, counts]) => [
    name,
    { maskName: '{stem}.png', ...counts, source: SOURCES[name as DatasetName] },
  ]),
) as Readonly<Record<DatasetName, DatasetEntry>>;
