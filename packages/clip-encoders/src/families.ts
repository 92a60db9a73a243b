// The four CLIP families as rows of one table.
import type { KeyRule } from '@medclipseg/weights';
import { layouts, type WeightLayout } from './keys/layouts.ts';
import type { TextConfig } from './text-tower.ts';
import type { VisionConfig } from './vision.ts';

/** How images are normalized before they enter an encoder. */
export interface Preprocessing {
  readonly channelOrder: 'bgr' | 'rgb';
  /** Subtracted from values in 0..1, per channel in that order. Then the result is divided by `deviation`. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** A published vocabulary. */
export interface PublishedVocabulary {
  readonly size: number;
  /** Some tokens and their ids, to recognize the vocabulary. */
  readonly tokens: readonly (readonly [id: number, token: string])[];
  /** Where the tokenizer is published. */
  readonly source: string;
}

export interface Family {
  /** Constants of the image encoder; sizes come from the weights. */
  readonly vision: Pick<VisionConfig, 'activation' | 'epsilon' | 'patchBias' | 'preNorm' | 'dense'>;
  readonly textKind: TextConfig['kind'];
  /** Tokens per prompt, including padding, in the published weights. */
  readonly context: number;
  readonly vocabulary: PublishedVocabulary;
  /** As in MedCLIPSeg's training. */
  readonly preprocessing: Preprocessing;
  /** Names and layouts in a MedCLIPSeg checkpoint; our names start with `vision.` and `text.`. */
  readonly keys: readonly KeyRule[];
  /** Names in such a checkpoint that are not needed. */
  readonly ignored: readonly RegExp[];
  /** The layouts in which the encoders themselves are published. */
  readonly originalLayouts: readonly WeightLayout[];
  /** Our names of the tensors that MedCLIPSeg rounds to half precision before it uses them in single precision. */
  readonly halfPrecision?: RegExp;
}

/** MedCLIPSeg reads images with OpenCV (BGR) and applies ImageNet's RGB constants in that order. Its weights expect this. */
const medClipSegPreprocessing: Preprocessing = {
  channelOrder: 'bgr',
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** The normalization that OpenAI's CLIP, PubMedCLIP and BiomedCLIP were trained with, for use without MedCLIPSeg. */
export const openAiPreprocessing: Preprocessing = {
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

/** The vocabulary of bert-base-uncased has the same size, but other tokens at ids 1 to 4. */
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
  preprocessing: medClipSegPreprocessing,
  ...layouts.clip.checkpoint,
  originalLayouts: layouts.clip.original,
} as const satisfies Family;

export const families = {
  unimedclip: {
    vision: { ...openAi.vision, dense: 'tokens' },
    textKind: 'bert',
    context: 256,
    vocabulary: biomedBertVocabulary,
    preprocessing: medClipSegPreprocessing,
    ...layouts.unimedclip.checkpoint,
    originalLayouts: layouts.unimedclip.original,
  },
  biomedclip: {
    vision: { activation: 'gelu', epsilon: 1e-6, patchBias: true, preNorm: false, dense: 'tokens' },
    textKind: 'bert',
    context: 256,
    vocabulary: biomedBertVocabulary,
    preprocessing: medClipSegPreprocessing,
    ...layouts.biomedclip.checkpoint,
    originalLayouts: layouts.biomedclip.original,
  },
  clip: openAi,
  pubmedclip: {
    ...openAi,
    // MedCLIPSeg copies the weights into a model of OpenAI's precision: all but norms and embeddings are half.
    halfPrecision: /\.(projection|patch)\.weight$|\.(attention|mlp)\./,
  },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;
