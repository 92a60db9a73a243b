// The engine: opens models and samples masks. Runs in a worker of its own, so that the page never waits for it.
import { flatten } from '@medclipseg/nn';
import { listHubFiles } from '@medclipseg/weights/hub';
import * as tf from '@tensorflow/tfjs-core';
import { isModelFile } from '../files/kinds.ts';
import { chooseBackend } from './backend.ts';
import type { EngineState } from './engine-state.ts';
import { openModel } from './open-model.ts';
import type { EngineApi, ModelFacts } from './protocol.ts';
import { teachApi } from './teach.ts';

function factsOf({ open }: EngineState): ModelFacts {
  if (!open) throw new Error('engine: expected an open model, got none. Open one first.');
  const { config, parameters } = open.network;
  const sizes = [...flatten(parameters as never).values()].map(({ size }) => size);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  return {
    imageSize: config.vision.imageSize,
    parameters: count,
    bytes: 4 * count,
    adapters: config.adapters.layers.length,
    vocabulary: config.text.vocabulary,
  };
}

export function createEngine(): EngineApi {
  const state: EngineState = {};
  let looking: AbortController | undefined;
  const begin = (): AbortSignal => {
    state.work?.abort();
    state.work = new AbortController();
    return state.work.signal;
  };
  return {
    ...teachApi(state),
    start: chooseBackend,

    // Not work of the model: a model may open or sample meanwhile.
    async listHub(repo) {
      looking?.abort();
      looking = new AbortController();
      const { files } = await listHubFiles({ repo }, { signal: looking.signal });
      return files.filter(({ path }) => isModelFile(path));
    },

    async openModel(source, onProgress) {
      const signal = begin();
      const opened = await openModel(source, { signal, onProgress });
      // Canceled, or overtaken by another model, after the last moment at which opening looks.
      if (signal.aborted) {
        opened.model.dispose();
        signal.throwIfAborted();
      }
      await state.teaching?.end();
      state.teaching = undefined;
      state.open?.model.dispose();
      state.open = opened;
      return factsOf(state);
    },

    async segment(image, prompt, { samples, seed }, onSample) {
      if (!state.open) throw new Error('engine: expected an open model, got none. Open one first.');
      const signal = begin();
      let since = performance.now();
      try {
        await state.open.model.segment(image, prompt, {
          samples,
          seed,
          signal,
          // One at a time: the first shows at once, and stopping is quick.
          fold: 1,
          onSample: (_, { estimate }) => {
            const now = performance.now();
            onSample(estimate, now - since);
            since = now;
          },
        });
        return 'done';
      } catch (error) {
        if (signal.aborted) return 'stopped';
        throw error;
      }
    },

    stop: () => state.work?.abort(),

    memory() {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes };
    },
  };
}
