// A whole segmentation in a page.
import { wordTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { freeze, initialize } from '@medclipseg/nn';
import { eachBackend } from '@medclipseg/testing';
import { MedCLIPSeg, type ModelConfig, type ModelParameters } from 'medclipseg';
import { modelSpec } from 'medclipseg/internal';
import { expect, it } from 'vitest';

const tokenizer = wordTokenizer({ words: ['left', 'polyp', 'right'], contextLength: 6 });
const config: ModelConfig = {
  vision: {
    imageSize: 16,
    patch: 8,
    width: 12,
    layers: 2,
    heads: 2,
    mlpWidth: 24,
    outputs: 6,
    activation: 'quick-gelu',
    epsilon: 1e-5,
    patchBias: true,
    preNorm: true,
    dense: 'tokens',
  },
  text: {
    kind: 'clip',
    vocabulary: tokenizer.size,
    context: 6,
    width: 8,
    layers: 2,
    heads: 2,
    mlpWidth: 16,
    outputs: 6,
  },
  adapters: { width: 8, layers: [1], beta: 2.35, gate: 0 },
  upscaleBlocks: 1,
  preprocessing: { channelOrder: 'bgr', mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
};
const image = {
  width: 20,
  height: 12,
  channels: 3 as const,
  data: Uint8Array.from({ length: 720 }, (_, i) => (i * 89) % 256),
};

const results: Float32Array[] = [];
eachBackend('a segmentation', () => {
  it('is the same on every backend, from the same seed', async () => {
    const parameters = freeze(initialize(modelSpec(config), 1) as unknown as ModelParameters);
    const model = new MedCLIPSeg({ config, parameters }, tokenizer);
    const { probability } = await model.segment(image, 'polyp left', { samples: 4, seed: 3 });
    model.dispose();
    results.push(probability);
    for (const [i, p] of probability.entries()) expect(p).toBeCloseTo((results[0] as Float32Array)[i] as number, 5);
  });
});
