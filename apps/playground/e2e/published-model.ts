// A small untrained checkpoint with the published key names, and its tokenizer file.
import { families } from '@medclipseg/clip-encoders';
import { shapesOf } from '@medclipseg/nn';
import { encodeSafetensors, tensorsInMemory, writeMapped } from '@medclipseg/weights';
import { checkpointKeys, type ModelConfig, modelSpec } from 'medclipseg';

const tower = { width: 64, layers: 3, heads: 1, mlpWidth: 64, outputs: 32 };
/** CLIP's 512 byte tokens, one merge, and the start and end tokens. */
const VOCABULARY = 515;

const config: ModelConfig = {
  vision: { ...families.clip.vision, ...tower, imageSize: 32, patch: 16 },
  text: { ...tower, kind: 'clip', vocabulary: VOCABULARY, context: 77 },
  adapters: { width: 16, layers: [1, 2], beta: 2.35, gate: 0 },
  upscaleBlocks: 2,
  preprocessing: families.clip.preprocessing,
};

export const merges = new TextEncoder().encode('#version: 0.2\np o\n');

/** A safetensors file with the published key names. The weights are sine waves. */
export function publishedModel(): Promise<Uint8Array> {
  const shapes = shapesOf(modelSpec(config));
  const values = new Map(
    [...shapes].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: Float32Array.from({ length }, (_, i) => 0.1 * Math.sin(i + length)) }] as const;
    }),
  );
  return encodeSafetensors(writeMapped(tensorsInMemory(values), checkpointKeys('clip')));
}
