// The settings files of the published training program, read as they are.
import type { FamilyName } from '@medclipseg/clip-encoders';
import { UsageError } from '../errors.ts';

export type Tree = Record<string, unknown>;

/** The published training leaves BERT's dropout on. */
const BERT_DROPOUT = 0.1;

interface Source {
  readonly encoders: string;
  readonly tokenizer?: string;
  readonly backbone: string;
  readonly textDropout: number;
}

/** Where the encoders of a published model and their tokenizer are found, if the file does not name others. */
const sources: Record<FamilyName, Source> = {
  unimedclip: {
    encoders: 'TahaKoleilat/MedCLIPSeg/checkpoints/unimed_clip_vit_b16.pt',
    tokenizer: 'microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract/vocab.txt',
    backbone: 'ViT-B/16',
    textDropout: BERT_DROPOUT,
  },
  biomedclip: {
    encoders: 'microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224/open_clip_pytorch_model.bin',
    backbone: 'ViT-B/16',
    textDropout: BERT_DROPOUT,
  },
  clip: { encoders: 'openai/clip-vit-base-patch16/model.safetensors', backbone: 'ViT-B/16', textDropout: 0 },
  pubmedclip: {
    encoders: 'TahaKoleilat/MedCLIPSeg/checkpoints/PubMedCLIP_ViT32.pth',
    tokenizer: 'openai/clip-vit-base-patch32/tokenizer.json',
    backbone: 'ViT-B/32',
    textDropout: 0,
  },
};

/** Overrides of settings that take the encoders of a family from where they are published. */
export const encoderSources = (name: string): string[] => {
  const family = name as FamilyName;
  const { encoders, tokenizer, textDropout } = sources[family];
  return [
    `MODEL.ENCODERS=${encoders}`,
    `MODEL.TOKENIZER=${tokenizer ?? ''}`,
    `MODEL.FAMILY=${family === 'pubmedclip' ? family : ''}`,
    `TRAIN.TEXT_DROPOUT=${textDropout}`,
  ];
};

/** Side of the images that all published encoders take. */
const SIZE = 224;
/** Keys that say what is said elsewhere here. */
const elsewhere: Record<string, string> = {
  'DATASET.TRAIN_PATH': 'the images come from --data',
  'DATASET.VAL_PATH': 'the images come from --data',
  'DATASET.TEST_PATH': 'the images come from --data',
  'DATASET.TEXT_PROMPT_PATH': 'the prompts come from --data',
  'MODEL.DEVICE': 'the backend comes from --backend',
  'TEST.USE_LATEST': 'test takes the checkpoint that --checkpoint names, of a folder the best',
};

/** Keys that have another name here. */
const renamed: Record<string, string> = { 'DATASET.NAME': 'NAME', 'MODEL.TEMPERATURE': 'TRAIN.TEMPERATURE' };

export const publishedKeys = [
  ...Object.keys(elsewhere),
  ...Object.keys(renamed),
  ...['DATASET.SIZE', 'MODEL.CLIP_MODEL', 'MODEL.BACKBONE'],
];

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

function take(tree: Tree, key: string): unknown {
  const [section, name] = key.split('.') as [string, string];
  const values = tree[section];
  if (!isTree(values) || !Object.hasOwn(values, name)) return undefined;
  const { [name]: value, ...others } = values;
  tree[section] = others;
  return value;
}

function give(tree: Tree, key: string, value: unknown): void {
  const [section, name] = key.split('.') as [string, string | undefined];
  if (name === undefined) tree[section] ??= value;
  else if (tree[section] === undefined) tree[section] = { [name]: value };
  else if (isTree(tree[section])) tree[section] = { [name]: value, ...(tree[section] as Tree) };
}

function encoders(tree: Tree, path: string): void {
  const [model, backbone] = [take(tree, 'MODEL.CLIP_MODEL'), take(tree, 'MODEL.BACKBONE')];
  if (model === undefined && backbone === undefined) return;
  const named = isTree(tree.MODEL) && tree.MODEL.ENCODERS !== undefined;
  if (typeof model !== 'string' || !Object.hasOwn(sources, model))
    throw new UsageError(
      `${path}: MODEL.CLIP_MODEL`,
      Object.keys(sources).join(', '),
      model === undefined ? 'only MODEL.BACKBONE' : `'${model}'`,
      'Choose one of them.',
    );
  const family = model as FamilyName;
  const source = sources[family];
  if (backbone !== undefined && backbone !== source.backbone && !named)
    throw new UsageError(
      `${path}: MODEL.BACKBONE`,
      `${source.backbone}, the one that is published for ${family}`,
      `'${backbone}'`,
      `Set MODEL.BACKBONE=${source.backbone}, or name a file with MODEL.ENCODERS.`,
    );
  if (!named) {
    give(tree, 'MODEL.ENCODERS', source.encoders);
    if (source.tokenizer !== undefined) give(tree, 'MODEL.TOKENIZER', source.tokenizer);
  }
  // The tensor names of the other families identify them.
  if (family === 'pubmedclip') give(tree, 'MODEL.FAMILY', family);
  if (source.textDropout > 0) give(tree, 'TRAIN.TEXT_DROPOUT', source.textDropout);
}

/**
 * Settings under the names used here.
 *
 * @param onNotice called for each key that has no meaning here
 */
export function fromPublished(given: Tree, path: string, onNotice: (text: string) => void): Tree {
  const tree = { ...given };
  for (const [key, reason] of Object.entries(elsewhere))
    if (take(tree, key) !== undefined) onNotice(`${path}: ${key} is not used; ${reason}`);
  const size = take(tree, 'DATASET.SIZE');
  if (size !== undefined && size !== SIZE)
    throw new UsageError(
      `${path}: DATASET.SIZE`,
      `${SIZE}, the size of the encoders`,
      `${size}`,
      'Leave it out: images are resized for the model.',
    );
  for (const [theirs, ours] of Object.entries(renamed)) {
    const value = take(tree, theirs);
    if (value !== undefined) give(tree, ours, value);
  }
  encoders(tree, path);
  if (isTree(tree.DATASET) && Object.keys(tree.DATASET).length === 0) delete tree.DATASET;
  return tree;
}
