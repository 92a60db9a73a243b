// The published experiments as data: datasets, groups, percentages, prompt designs, encoder families, components.
import type { PromptDesign } from '@medclipseg/datasets/node';
import { encoderSources } from '../../settings/published.ts';

/** A dataset to train on, and those of the same kind that the model never saw. */
export interface Group {
  readonly source: string;
  readonly targets: readonly string[];
}

/** What differs from the published model, as overrides of the settings. */
export interface Variant {
  readonly title: string;
  /** Absent where no available source says what was done; only the published number is shown. */
  readonly sets?: readonly string[];
}

export const PERCENTAGES = [10, 25, 50, 100] as const;

export const DATASETS_TO_LEARN = ['BUSI', 'BTMRI', 'ISIC', 'Kvasir', 'Covid19', 'EUS'] as const;

/** The settings whose trainings are the published ones. */
export const PUBLISHED_SETTINGS = 'unimedclip';

/** What the published settings of single datasets change. */
export const DATASET_SETS: Readonly<Record<string, readonly string[]>> = {
  Covid19: ['MODEL.GATE_INIT=-0.02'],
  EUS: ['TRAIN.NUM_EPOCHS=10'],
};

export const GROUPS: readonly Group[] = [
  { source: 'BUSI', targets: ['BUSBRA', 'BUSUC', 'BUID', 'UDIAT'] },
  { source: 'Kvasir', targets: ['ColonDB', 'ClinicDB', 'CVC300', 'BKAI'] },
  { source: 'BTMRI', targets: ['BRISC'] },
  { source: 'ISIC', targets: ['UWaterlooSkinCancer'] },
];

const FULL = { full: { title: 'MedCLIPSeg', sets: [] } } as const;

export const FAMILIES: Readonly<Record<string, Variant>> = Object.fromEntries(
  Object.entries({ unimedclip: 'UniMedCLIP', biomedclip: 'BiomedCLIP', clip: 'CLIP', pubmedclip: 'PubMedCLIP' }).map(
    ([family, title]) => [family, { title, sets: encoderSources(family) }],
  ),
);

/** The published ablation. What a part means here is written in docs/experiments.md. */
export const COMPONENTS: Readonly<Record<string, Variant>> = {
  ...FULL,
  pvl: { title: 'without PVL adapters', sets: ['MODEL.LAYERS=[]'] },
  gating: { title: 'without gating', sets: ['MODEL.WITHOUT=[gating]'] },
  attention: { title: 'without PVL attention' },
  probabilistic: { title: 'deterministic', sets: ['MODEL.WITHOUT=[probabilities]'] },
  visual: { title: 'without visual adaptation', sets: ['MODEL.WITHOUT=[visual]'] },
  textual: { title: 'without textual adaptation', sets: ['MODEL.WITHOUT=[textual]'] },
  bidirectional: { title: 'one direction', sets: ['MODEL.WITHOUT=[bidirectional]'] },
  unimodal: { title: 'unimodal', sets: ['MODEL.WITHOUT=[crossmodal]'] },
  contrastive: { title: 'without contrastive loss', sets: ['TRAIN.CLIP_WEIGHT=0'] },
  'hard-targets': { title: 'hard contrastive targets', sets: ['TRAIN.TARGETS=hard'] },
  pooled: { title: 'attention-pooled contrastive loss' },
};

export interface Protocol {
  readonly title: string;
  readonly summary: string;
  /** Whether models are trained on each dataset and tested on it, or also tested on the other datasets of a group. */
  readonly over: 'datasets' | 'groups';
  readonly percentages: readonly number[];
  readonly designs: readonly PromptDesign[];
  readonly variants: Readonly<Record<string, Variant>>;
}

const onGroups = { over: 'groups', percentages: [100], designs: ['original'], variants: FULL } as const;

export const PROTOCOLS = {
  'data-efficiency': {
    title: 'Data efficiency',
    summary: 'train on 10, 25, 50 and 100 % of the images of six datasets',
    over: 'datasets',
    percentages: PERCENTAGES,
    designs: ['original'],
    variants: FULL,
  },
  'domain-generalization': {
    ...onGroups,
    title: 'Domain generalization',
    summary: 'train on one dataset of each of four groups, test on all datasets of the group',
  },
  'prompt-designs': {
    ...onGroups,
    title: 'Prompt designs',
    summary: 'test the models of domain-generalization with five designs of the prompts',
    designs: ['original', 'contradictory', 'missing_location', 'overdescriptive', 'underdescriptive'],
  },
  'clip-models': {
    ...onGroups,
    title: 'Encoders',
    summary: 'domain-generalization on four families of frozen encoders',
    variants: FAMILIES,
  },
  components: {
    ...onGroups,
    title: 'Components',
    summary: 'domain-generalization with parts of the model or its loss left out',
    variants: COMPONENTS,
  },
} as const satisfies Readonly<Record<string, Protocol>>;

export type TrainedExperiment = keyof typeof PROTOCOLS;
export type ExperimentName = TrainedExperiment | 'reproduce';

/** Where the released checkpoints are. */
export const RELEASED = 'TahaKoleilat/MedCLIPSeg';
export const RELEASED_SEED = 666;
