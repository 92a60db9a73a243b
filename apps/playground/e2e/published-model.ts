// Small untrained checkpoints with the published key names, and their tokenizer files.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { shapesOf } from '@medclipseg/nn';
import { encodeSafetensors, tensorsInMemory, writeMapped } from '@medclipseg/weights';
import type { ModelConfig } from 'medclipseg';
import { checkpointKeys, modelSpec } from 'medclipseg/internal';

const tower = { width: 64, layers: 3, heads: 1, mlpWidth: 64, outputs: 32 };
/** CLIP's 512 byte tokens, one merge, and the start and end tokens. */
const CLIP_VOCABULARY = 515;
const BERT_VOCABULARY = 30522;

const TEXT = {
  clip: { ...tower, kind: 'clip', vocabulary: CLIP_VOCABULARY, context: 77 },
  unimedclip: { ...tower, kind: 'bert', vocabulary: BERT_VOCABULARY, context: 256, tokenTypes: 2 },
} as const;

const configOf = (family: keyof typeof TEXT): ModelConfig => ({
  vision: { ...families[family].vision, ...tower, imageSize: 32, patch: 16 },
  text: TEXT[family] as ModelConfig['text'],
  adapters: { width: 16, layers: [1, 2], beta: 2.35, gate: 0 },
  upscaleBlocks: 2,
  preprocessing: families[family].preprocessing,
});

/** CLIP's tokenizer file. */
export const merges = new TextEncoder().encode('#version: 0.2\np o\n');

/** A WordPiece vocabulary. @param first token of the special tokens: 1 in BiomedBERT, 100 in bert-base-uncased */
export function vocabulary(first = 1): Uint8Array {
  const unused = Array.from({ length: first - 1 }, (_, i) => `[unused${i}]`);
  const tokens = ['[PAD]', ...unused, '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'one', 'polyp'];
  while (tokens.length < BERT_VOCABULARY) tokens.push(`token${tokens.length}`);
  return new TextEncoder().encode(tokens.join('\n'));
}

/** A safetensors file with the published key names. The weights are sine waves. */
export function publishedModel(family: keyof typeof TEXT & FamilyName = 'clip'): Promise<Uint8Array> {
  const values = new Map(
    [...shapesOf(modelSpec(configOf(family)))].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: Float32Array.from({ length }, (_, i) => 0.1 * Math.sin(i + length)) }] as const;
    }),
  );
  return encodeSafetensors(writeMapped(tensorsInMemory(values), checkpointKeys(family)));
}
