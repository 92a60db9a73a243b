// The layouts in which pairs of towers are published: keys, prefixes, and what else such a file contains.
import type { KeyRule } from '@medclipseg/weights';
import { prefixed, towerKeys } from './towers.ts';

export interface WeightLayout {
  /** Parameters start with `vision.` and `text.`. */
  readonly keys: readonly KeyRule[];
  /** Keys in such a file that the towers do not use, in addition to `BUFFER_KEYS`. */
  readonly ignored: readonly RegExp[];
}

const { vision, text } = towerKeys;

/** MedCLIPSeg's checkpoints with BERT as text tower. */
const checkpointWithBert = (imageTower: readonly KeyRule[]): WeightLayout => ({
  keys: [...prefixed(imageTower, 'vision.', 'vision_model.'), ...prefixed(text.bert, 'text.', 'text_model.')],
  ignored: [/^logit_scale$/],
});

/** OpenCLIP's dual encoders with BERT as text tower. */
const openClip = (imageTower: readonly KeyRule[], textPrefix: string): WeightLayout => ({
  keys: [...prefixed(imageTower, 'vision.', 'visual.'), ...prefixed(text.bert, 'text.', textPrefix)],
  ignored: [/^logit_scale$/],
});

/** MedCLIPSeg's checkpoints register CLIP twice, but the token embedding only under the whole model. */
const isWords = ({ parameter }: KeyRule) => parameter === 'words';
const checkpointWithClip: WeightLayout = {
  keys: [
    ...prefixed(vision.clip, 'vision.', 'vision_model.', 'clip_model.visual.'),
    ...prefixed(
      text.clip.filter((rule) => !isWords(rule)),
      'text.',
      'text_model.',
      'clip_model.',
    ),
    ...prefixed(text.clip.filter(isWords), 'text.', 'clip_model.'),
  ],
  ignored: [/^(clip_model\.)?logit_scale$/],
};

/** OpenAI's archives; the mask is the causal one. */
const openAi: WeightLayout = {
  keys: [...prefixed(vision.clip, 'vision.', 'visual.'), ...prefixed(text.clip, 'text.', '')],
  ignored: [/^(logit_scale|attn_mask)$/],
};

/** CLIP as transformers saves it. */
const hub: WeightLayout = {
  keys: [...prefixed(vision.hub, 'vision.', ''), ...prefixed(text.hub, 'text.', '')],
  ignored: [/^logit_scale$/],
};

/** Each family's MedCLIPSeg checkpoint, and the files that its makers and the hub give. */
export const layouts = {
  unimedclip: { checkpoint: checkpointWithBert(vision.clip), makers: [openClip(vision.clip, 'text_encoder.')] },
  biomedclip: { checkpoint: checkpointWithBert(vision.timm), makers: [openClip(vision.timm, 'text.')] },
  clip: { checkpoint: checkpointWithClip, makers: [openAi, hub] },
} as const;
