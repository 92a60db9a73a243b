// The four CLIP families as rows of one table.
import type { KeyRule } from '@medclipseg/weights';
import { layouts, type WeightLayout } from './keys/layouts.ts';
import type { TextConfig } from './text-tower.ts';
import type { VisionConfig } from './vision.ts';

/** How images reach the towers. */
export interface Preprocessing {
  readonly channelOrder: 'bgr' | 'rgb';
  /** Subtracted from values in 0..1, per channel in that order. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** What is known of a published vocabulary. */
export interface PublishedVocabulary {
  readonly size: number;
  /** Some tokens with their ids, which no other vocabulary of this size has in common. */
  readonly tokens: readonly (readonly [id: number, token: string])[];
  /** Where the tokenizer is published. */
  readonly source: string;
}

export interface Family {
  /** What is fixed about the image tower; sizes come from the weights. */
  readonly vision: Pick<VisionConfig, 'activation' | 'epsilon' | 'patchBias' | 'preNorm' | 'dense'>;
  readonly textKind: TextConfig['kind'];
  /** Prompts are padded to so many tokens in the published weights. */
  readonly context: number;
  readonly vocabulary: PublishedVocabulary;
  /** As MedCLIPSeg was trained. */
  readonly preprocessing: Preprocessing;
  /** Rules for a whole MedCLIPSeg checkpoint; our names start with `vision.` and `text.`. */
  readonly keys: readonly KeyRule[];
  /** Names in such a checkpoint that carry nothing we use. */
  readonly ignored: readonly RegExp[];
  /** The layouts of the files that the towers' own makers publish. */
  readonly makers: readonly WeightLayout[];
  /** Our names of the tensors that MedCLIPSeg rounds to half precision before it computes with them in single. */
  readonly halved?: RegExp;
}

/** MedCLIPSeg reads images with OpenCV (BGR) and applies ImageNet's RGB constants in that order; its weights expect it. */
const published: Preprocessing = {
  channelOrder: 'bgr',
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** What OpenAI's CLIP, PubMedCLIP and BiomedCLIP were trained with, for using them by themselves. */
export const makersPreprocessing: Preprocessing = {
  channelOrder: 'rgb',
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
};

const clipVocabulary: PublishedVocabulary = {
  size: 49408,
  tokens: [
    [518, 'the</w>'],
    [1125, 'photo</w>'],
    [22616, 'tumor</w>'],
    [49405, 'jekyll</w>'],
  ],
  source: 'openai/clip-vit-base-patch16',
};

/** Vocabularies of general English BERT models have other tokens at ids 1 to 4. */
const biomedBertVocabulary: PublishedVocabulary = {
  size: 30522,
  tokens: [
    [0, '[PAD]'],
    [1, '[UNK]'],
    [2, '[CLS]'],
    [3, '[SEP]'],
    [4, '[MASK]'],
  ],
  source: 'microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract',
};

const openAi = {
  vision: { activation: 'quick-gelu', epsilon: 1e-5, patchBias: false, preNorm: true, dense: 'value' },
  textKind: 'clip',
  context: 77,
  vocabulary: clipVocabulary,
  preprocessing: published,
  ...layouts.clip.checkpoint,
  makers: layouts.clip.makers,
} as const satisfies Family;

export const families = {
  unimedclip: {
    vision: { ...openAi.vision, dense: 'tokens' },
    textKind: 'bert',
    context: 256,
    vocabulary: biomedBertVocabulary,
    preprocessing: published,
    ...layouts.unimedclip.checkpoint,
    makers: layouts.unimedclip.makers,
  },
  biomedclip: {
    vision: { activation: 'gelu', epsilon: 1e-6, patchBias: true, preNorm: false, dense: 'tokens' },
    textKind: 'bert',
    context: 256,
    vocabulary: biomedBertVocabulary,
    preprocessing: published,
    ...layouts.biomedclip.checkpoint,
    makers: layouts.biomedclip.makers,
  },
  clip: openAi,
  pubmedclip: {
    ...openAi,
    // MedCLIPSeg copies the file's weights into a model of OpenAI's precision: all but norms and embeddings.
    halved: /\.(projection|patch)\.weight$|\.(attention|mlp)\./,
  },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;
