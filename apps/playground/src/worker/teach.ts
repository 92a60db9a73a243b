// The engine's part for training a model in the page.
import { drawPhantom, resizeNearest, thresholdMask } from '@medclipseg/datasets';
import { transfer } from 'comlink';
import { encodeCheckpoint } from 'medclipseg';
import { overlapScores } from 'medclipseg/metrics';
import { type EngineState, modelOf } from './open-model.ts';
import type { TeachApi } from './teach-protocol.ts';
import { TeachSession } from './teach-session.ts';

/** The session of the open model; created for its first training. */
async function sessionOf(state: EngineState): Promise<TeachSession> {
  if (state.teaching) return state.teaching;
  const model = modelOf(state);
  // Its parameters are about to be replaced by variables.
  state.work?.abort();
  state.teaching = await TeachSession.open(model);
  return state.teaching;
}

export function teachApi(state: EngineState): TeachApi {
  const untaught = { images: [], undos: 0, changed: false };
  return {
    teach: async (examples, steps, onStep) => (await sessionOf(state)).run(examples, onStep, { steps }),
    pauseTeaching: () => state.teaching?.pause(),
    resumeTeaching: () => state.teaching?.resume(),
    stopTeaching: () => state.teaching?.stop(),
    undoTeaching: () => state.teaching?.undo() ?? untaught,
    resetTeaching: () => state.teaching?.reset() ?? untaught,
    taught: () => state.teaching?.taught ?? untaught,

    async evaluateExamples(examples, onEvaluated) {
      for (const [index, example] of examples.entries()) {
        const { image, mask, prompt } = example;
        const { width, height } = image;
        const { mask: predicted, probability } = await modelOf(state).segment(image, prompt, { samples: 0 });
        const { dsc: dice } = overlapScores(thresholdMask(resizeNearest(mask, width, height)), predicted);
        const data = Uint8Array.from(probability, (p) => Math.round(255 * p));
        onEvaluated({ index, dice, probability: { width, height, channels: 1, data } });
      }
    },

    drawExample(modality, seed, size) {
      const { image, mask, prompt } = drawPhantom({ modality, seed, size });
      return { name: `${modality} ${seed}`, image, mask, prompt };
    },

    async saveTaught() {
      const { network, tokenizer } = modelOf(state);
      const bytes = await encodeCheckpoint(network, tokenizer.toJson());
      return transfer(bytes, [bytes.buffer]);
    },
  };
}
