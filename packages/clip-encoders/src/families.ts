// The four CLIP families as rows of one table.
import type { KeyRule } from '@medclipseg/weights';
import { prefixed, towerKeys } from './keys.ts';
import type { TextConfig } from './text-tower.ts';
import type { VisionConfig } from './vision.ts';

/** How images reach the towers. */
export interface Preprocessing {
  readonly channelOrder: 'bgr' | 'rgb';
  /** Subtracted from values in 0..1, per channel in that order. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

export interface Family {
  /** What is fixed about the image tower; sizes come from the weights. */
  readonly vision: Pick<VisionConfig, 'activation' | 'epsilon' | 'patchBias' | 'preNorm' | 'dense' | 'attendsTo'>;
  readonly textKind: TextConfig['kind'];
  /** Sentences are padded to so many tokens in the published weights. */
  readonly context: number;
  readonly preprocessing: Preprocessing;
  /** Rules for a whole MedCLIPSeg checkpoint; our names start with `vision.` and `text.`. */
  readonly keys: readonly KeyRule[];
  /** Names in such a checkpoint that carry nothing we use. */
  readonly ignored: readonly RegExp[];
}

/** The reference reads images with OpenCV (BGR) and applies ImageNet's RGB constants in that order; its weights expect it. */
const published: Preprocessing = {
  channelOrder: 'bgr',
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

const openAi: Family = {
  vision: { activation: 'quick-gelu', epsilon: 1e-5, patchBias: false, preNorm: true, dense: 'value' },
  textKind: 'clip',
  context: 77,
  preprocessing: published,
  keys: [
    ...prefixed(towerKeys.vision.clip, 'vision.', 'vision_model.', 'clip_model.visual.'),
    ...prefixed(
      towerKeys.text.clip.filter(({ ours }) => ours !== 'words'),
      'text.',
      'text_model.',
      'clip_model.',
    ),
    // The reference registers this one only under the whole CLIP model.
    ...prefixed(
      towerKeys.text.clip.filter(({ ours }) => ours === 'words'),
      'text.',
      'clip_model.',
    ),
  ],
  ignored: [/^(clip_model\.)?logit_scale$/],
};

const bertKeys = prefixed(towerKeys.text.bert, 'text.', 'text_model.');
const bertIgnored = [/^logit_scale$/, /\.embeddings\.position_ids$/];

export const families = {
  unimedclip: {
    ...openAi,
    vision: { ...openAi.vision, dense: 'tokens', attendsTo: 'images' },
    textKind: 'bert',
    context: 256,
    keys: [...prefixed(towerKeys.vision.clip, 'vision.', 'vision_model.'), ...bertKeys],
    ignored: bertIgnored,
  },
  biomedclip: {
    vision: { activation: 'gelu', epsilon: 1e-6, patchBias: true, preNorm: false, dense: 'tokens' },
    textKind: 'bert',
    context: 256,
    preprocessing: published,
    keys: [...prefixed(towerKeys.vision.timm, 'vision.', 'vision_model.'), ...bertKeys],
    ignored: bertIgnored,
  },
  clip: openAi,
  pubmedclip: openAi,
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;
