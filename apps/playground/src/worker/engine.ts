// The engine: opens models and computes samples, in a worker of its own so that the page stays responsive.
import type { RasterImage } from '@medclipseg/datasets';
import { flatten } from '@medclipseg/nn';
import { listHubFiles } from '@medclipseg/weights/hub';
import * as tf from '@tensorflow/tfjs-core';
import { type Estimate, hubModels, knownWords, unknownPrompt } from 'medclipseg';
import { selectDevice } from './device.ts';
import { type EngineState, modelOf, openModel } from './open-model.ts';
import type { EngineApi, ModelFacts, Sampling } from './protocol.ts';
import { teachApi } from './teach.ts';

function factsOf(state: EngineState, sha256: string): ModelFacts {
  const { config, parameters } = modelOf(state).network;
  const sizes = [...flatten(parameters).values()].map(({ size }) => size);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  return {
    sha256,
    imageSize: config.vision.imageSize,
    parameters: count,
    bytes: 4 * count,
    adapters: config.adapters.layers.length,
    vocabulary: config.text.vocabulary,
  };
}

export function createEngine(): EngineApi {
  const state: EngineState = {};
  let listing: AbortController | undefined;
  const begin = (): AbortSignal => {
    state.work?.abort();
    state.work = new AbortController();
    return state.work.signal;
  };
  /** Returns whether all samples were computed. */
  const sample = async (
    image: RasterImage,
    prompt: string,
    { samples, seed }: Sampling,
    onEstimate: (estimate: Estimate) => void,
  ): Promise<boolean> => {
    const model = modelOf(state);
    const signal = begin();
    try {
      // One at a time: the first result shows early, and stopping is quick.
      const options = { samples, seed, signal, fold: 1 };
      await model.segment(image, prompt, { ...options, onSample: (_, { estimate }) => onEstimate(estimate) });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  };
  return {
    ...teachApi(state),
    start: selectDevice,

    // Does not use the model, so a model may open or segment at the same time.
    async listHub(repo, folder) {
      listing?.abort();
      listing = new AbortController();
      const { files } = await listHubFiles({ repo }, { signal: listing.signal });
      const sizes = new Map(files.map(({ path, size }) => [path, size]));
      const models = hubModels(repo, [...sizes.keys()], folder);
      return models.map((model) => ({ ...model, repo, bytes: sizes.get(model.path) ?? 0 }));
    },

    async openModel(source, onProgress) {
      const signal = begin();
      const { model, sha256 } = await openModel(source, { signal, onProgress });
      // Canceled, or superseded by another model, after `openModel` checked its signal for the last time.
      if (signal.aborted) {
        model.dispose();
        signal.throwIfAborted();
      }
      await state.teaching?.end();
      state.teaching = undefined;
      state.model?.dispose();
      state.model = model;
      return factsOf(state, sha256);
    },

    async segment(image, prompt, sampling, onSample) {
      let since = performance.now();
      let delivered: unknown;
      const end = await sample(image, prompt, sampling, (estimate) => {
        const now = performance.now();
        delivered = onSample(estimate, now - since);
        since = now;
      });
      // Samples reach the page by a port of their own: this answer must not overtake the last of them.
      await delivered;
      return end ? 'done' : 'stopped';
    },

    async segmentSlice(image, prompt, sampling) {
      let last: Estimate | undefined;
      const end = await sample(image, prompt, sampling, (estimate) => {
        last = estimate;
      });
      return end ? last : undefined;
    },

    unknownPrompt(prompt) {
      const { info } = modelOf(state);
      return info && unknownPrompt(prompt, info) ? knownWords(info) : undefined;
    },

    stop: () => state.work?.abort(),

    memory() {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes };
    },
  };
}
