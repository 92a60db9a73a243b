// What an ablation leaves out has no influence, on either engine; the other parts do.
import { tokenBatch } from '@medclipseg/clip-encoders';
import { counterNoise, disposeParameters, keyOf, randomNormal } from '@medclipseg/nn';
import type { PvlPart } from '@medclipseg/pvl-attention';
import { suiteOn } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { config, image, newParameters, tokenizer } from './fixtures/tiny-model.ts';
import { encodeCheckpoint, MedCLIPSeg, type ModelConfig } from './index.ts';
import { encodePrefix, initializeModel, type ModelParameters, trunk } from './network.ts';

const without = (...parts: PvlPart[]): ModelConfig => ({ ...config, adapters: { ...config.adapters, without: parts } });
const noAdapters: ModelConfig = { ...config, adapters: { ...config.adapters, layers: [] } };

interface Given {
  readonly prompt?: string;
  readonly image?: string;
  readonly seed?: number;
  readonly gate?: number;
}

/** The features of one sample. */
async function features(network: ModelConfig, given: Given = {}) {
  const { prompt = 'polyp left', image: name = 'a', seed = 1, gate } = given;
  const parameters = newParameters() as ModelParameters;
  if (gate !== undefined)
    for (const { twoWay } of parameters.adapters)
      for (const attention of [twoWay.imageFromText, twoWay.textFromImage]) {
        attention.gate.dispose();
        Object.assign(attention, { gate: tf.scalar(gate) });
      }
  const pixels = tf.tensor4d(randomNormal(keyOf(name), 768), [1, 16, 16, 3]);
  const prompts = tokenBatch([tokenizer.encode(prompt)]);
  const noise = counterNoise(seed, [{ image: 'x', sample: 0 }]);
  const found = tf.tidy(() => {
    const { patches, text } = trunk(
      { config: network, parameters },
      encodePrefix({ config: network, parameters }, pixels, prompts),
      prompts,
      { noise },
    );
    return { patches, text };
  });
  const result = { patches: [...(await found.patches.data())], text: [...(await found.text.data())] };
  tf.dispose([found, pixels, prompts.ids]);
  disposeParameters(parameters);
  return result;
}

suiteOn('an ablated model', 'wasm', () => {
  it.each<[PvlPart | undefined, { patches: readonly (keyof Given)[]; text: readonly (keyof Given)[] }]>([
    [undefined, { patches: ['prompt', 'image', 'seed', 'gate'], text: ['prompt', 'image', 'seed', 'gate'] }],
    ['gating', { patches: ['prompt', 'image', 'seed'], text: ['prompt', 'image', 'seed'] }],
    ['probabilities', { patches: ['prompt', 'image', 'gate'], text: ['prompt', 'image', 'gate'] }],
    ['visual', { patches: ['image'], text: ['prompt', 'image', 'seed', 'gate'] }],
    ['textual', { patches: ['prompt', 'image', 'seed', 'gate'], text: ['prompt'] }],
    ['bidirectional', { patches: ['prompt', 'image', 'seed', 'gate'], text: ['prompt'] }],
    ['crossmodal', { patches: ['image', 'seed', 'gate'], text: ['prompt', 'seed', 'gate'] }],
  ])('without %s: features depend on what is left alone', async (part, expected) => {
    const network = part === undefined ? config : without(part);
    const plain = await features(network);
    const changes: Given[] = [{ prompt: 'polyp right' }, { image: 'b' }, { seed: 2 }, { gate: 1 }];
    const changed = { patches: [] as string[], text: [] as string[] };
    for (const given of changes) {
      const other = await features(network, given);
      for (const kind of ['patches', 'text'] as const)
        if (`${other[kind]}` !== `${plain[kind]}`) changed[kind].push(Object.keys(given)[0] as string);
    }
    expect(changed).toEqual(expected);
  });

  it('without adapters has no noise, and gives the same for any number of samples', async () => {
    const model = new MedCLIPSeg({ config: noAdapters, parameters: initializeModel(noAdapters, 1) }, tokenizer);
    const one = await model.segment(image, 'polyp left', { samples: 1 });
    const many = await model.segment(image, 'polyp left', { samples: 30, seed: 5 });
    expect(many.probability).toEqual(one.probability);
    model.dispose();
  });

  it.each<[string, ModelConfig]>([
    ['adapters', noAdapters],
    ['gating, image to text only', without('gating', 'bidirectional')],
    ['probabilities or the image side', without('probabilities', 'visual')],
    ['the text side, unimodal', without('textual', 'crossmodal')],
  ])('without %s gives the same on ONNX Runtime', async (_, network) => {
    const wasm = new MedCLIPSeg({ config: network, parameters: initializeModel(network, 1) }, tokenizer);
    const bytes = await encodeCheckpoint(wasm.network, tokenizer.toJson());
    const onnx = await MedCLIPSeg.fromPretrained(bytes, { device: 'onnx' });
    const options = { samples: 3 };
    const [a, b] = [await wasm.segment(image, 'polyp left', options), await onnx.segment(image, 'polyp left', options)];
    for (const [i, value] of a.probability.entries()) expect(b.probability[i]).toBeCloseTo(value, 5);
    await Promise.all([wasm.dispose(), onnx.dispose()]);
  });
});
