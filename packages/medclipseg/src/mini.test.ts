// The model that ships: found by its name, and good enough to show something.

import { selectBackend } from '@medclipseg/backends';
import { drawPhantom } from '@medclipseg/datasets';
import { expect, it } from 'vitest';
import { MedCLIPSeg } from './index.ts';
import { loadModel } from './internal.ts';
import { overlapScores } from './metrics/index.ts';

it('mini finds a polyp in a drawn endoscopy by its prompt', async () => {
  await selectBackend('wasm');
  const { network, tokenizer } = await loadModel('mini');
  const model = new MedCLIPSeg(network, tokenizer);
  const phantom = [1, 2, 3, 4, 5, 6, 7, 8]
    .map((seed) => drawPhantom({ modality: 'endoscopy', seed: 9000 + seed, size: 224 }))
    .find(({ mask }) => mask.data.some((v) => v > 0));
  if (!phantom) throw new Error('expected a phantom with a lesion');
  const { mask } = await model.segment(phantom.image, phantom.prompts.original, { samples: 2 });
  const truth = Uint8Array.from(phantom.mask.data, (v) => (v > 127 ? 1 : 0));
  expect(overlapScores(truth, mask).dsc).toBeGreaterThan(0.7);
  model.dispose();
});
