// The layouts of published weight files: names, prefixes, and tensors that are not needed.
import type { KeyRule } from '@medclipseg/weights';
import { encoderRules, withPrefixes } from './rules.ts';

export interface WeightLayout {
  /** Parameters start with `vision.` and `text.`. */
  readonly keys: readonly KeyRule[];
  /** Names in such a file that the encoders do not need. */
  readonly ignored: readonly RegExp[];
}

const { vision, text } = encoderRules;

/** MedCLIPSeg's checkpoints with BERT as text encoder. */
const checkpointWithBert = (imageRules: readonly KeyRule[]): WeightLayout => ({
  keys: [...withPrefixes(imageRules, 'vision.', 'vision_model.'), ...withPrefixes(text.bert, 'text.', 'text_model.')],
  ignored: [/^logit_scale$/],
});

/** OpenCLIP's dual encoders with BERT as text encoder. */
const openClip = (imageRules: readonly KeyRule[], textPrefix: string): WeightLayout => ({
  keys: [...withPrefixes(imageRules, 'vision.', 'visual.'), ...withPrefixes(text.bert, 'text.', textPrefix)],
  ignored: [/^logit_scale$/],
});

/** MedCLIPSeg's checkpoints contain CLIP under two names, but the token embedding only under `clip_model.`. */
const isWords = ({ parameter }: KeyRule) => parameter === 'words';
const checkpointWithClip: WeightLayout = {
  keys: [
    ...withPrefixes(vision.clip, 'vision.', 'vision_model.', 'clip_model.visual.'),
    ...withPrefixes(
      text.clip.filter((rule) => !isWords(rule)),
      'text.',
      'text_model.',
      'clip_model.',
    ),
    ...withPrefixes(text.clip.filter(isWords), 'text.', 'clip_model.'),
  ],
  ignored: [/^(clip_model\.)?logit_scale$/],
};

/** OpenAI's archives; `attn_mask` is the causal mask. */
const openAi: WeightLayout = {
  keys: [...withPrefixes(vision.clip, 'vision.', 'visual.'), ...withPrefixes(text.clip, 'text.', '')],
  ignored: [/^(logit_scale|attn_mask)$/],
};

/** CLIP as transformers saves it. */
const transformers: WeightLayout = {
  keys: [...withPrefixes(vision.transformers, 'vision.', ''), ...withPrefixes(text.transformers, 'text.', '')],
  ignored: [/^logit_scale$/],
};

/** For each family, the layout of MedCLIPSeg's checkpoints and those of the original files. */
export const layouts = {
  unimedclip: { checkpoint: checkpointWithBert(vision.clip), original: [openClip(vision.clip, 'text_encoder.')] },
  biomedclip: { checkpoint: checkpointWithBert(vision.timm), original: [openClip(vision.timm, 'text.')] },
  clip: { checkpoint: checkpointWithClip, original: [openAi, transformers] },
} as const;
