// An exported mini in a page, by onnxruntime-web: the maps of TensorFlow.js.
import { wasmPaths } from '@medclipseg/backends/vite';
import { drawPhantom, normalizePixels, resizeLinear } from '@medclipseg/datasets';
import { compile, type TensorData } from '@medclipseg/onnx/web';
import { MedCLIPSeg } from 'medclipseg';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import * as onnxruntime from 'onnxruntime-web/wasm';
import { expect, inject, it } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder with an export of mini. */
    exported: string;
  }
}

const folder = inject('exported');

async function fetchBytes(name: string): Promise<Uint8Array> {
  const response = await fetch(`/@fs${folder}/${name}`);
  if (!response.ok) throw new Error(`${name}: expected an exported file, got status ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

it('gives the probabilities of wasm', async () => {
  onnxruntime.env.wasm.wasmPaths = { wasm };
  onnxruntime.env.wasm.numThreads = 1;
  const card = JSON.parse(new TextDecoder().decode(await fetchBytes('card.json')));
  const [prefix, sample] = await Promise.all(
    [card.graphs.prefix.file, card.graphs.sample.file].map(async (file) =>
      compile(await fetchBytes(file), onnxruntime),
    ),
  );
  if (!prefix || !sample) throw new Error('expected two graphs');

  const { image, prompt } = drawPhantom({ modality: 'endoscopy', seed: 3 });
  const model = await MedCLIPSeg.fromPretrained('mini', { device: 'wasm', wasmPaths });
  const { estimate, mask } = await model.segment(image, prompt, { samples: 0 });
  const size = card.image.size;
  const pixels = new Float32Array(size * size * 3);
  normalizePixels(
    resizeLinear(image, size, size),
    { channelOrder: card.image.channels, mean: card.image.mean, deviation: card.image.deviation },
    pixels,
  );
  const ids = model.tokenizer.encode(prompt);
  const token_ids: TensorData = { type: 'int32', shape: [1, ids.length], data: ids };
  const start = await prefix.run({ image: { type: 'float32', shape: [1, size, size, 3], data: pixels }, token_ids });
  const noise = card.noise.inputs.map(({ name, tokens, width }: { name: string; tokens: number; width: number }) => [
    name,
    { type: 'float32', shape: [1, tokens, width], data: new Float32Array(tokens * width) },
  ]);
  const { probability } = await sample.run({ ...start, token_ids, ...Object.fromEntries(noise) });
  const found = probability?.data as Float32Array;
  const largest = estimate.probability.reduce((worst, p, i) => Math.max(worst, Math.abs(p - (found[i] as number))), 0);
  expect(mask.some((value) => value === 1)).toBe(true);
  expect(largest).toBeLessThan(1e-5);
  await Promise.all([prefix.dispose(), sample.dispose(), model.dispose()]);
});
