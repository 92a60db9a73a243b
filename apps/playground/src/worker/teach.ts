// The engine's part for training a model in the page.
import { drawPhantom, thresholdMask } from '@medclipseg/datasets';
import { transfer } from 'comlink';
import { encodeCheckpoint, MedCLIPSeg } from 'medclipseg';
import { overlapScores } from 'medclipseg/metrics';
import { type EngineState, openModelOf } from './open-model.ts';
import { fitted } from './teach-batches.ts';
import type { TeachApi } from './teach-protocol.ts';
import { TeachSession, teachable } from './teach-session.ts';

/** The session of the open model; created for its first training. */
async function sessionOf(state: EngineState): Promise<TeachSession> {
  if (state.teaching) return state.teaching;
  const { network, tokenizer } = openModelOf(state);
  // Its parameters are about to be replaced by variables.
  state.work?.abort();
  const taught = teachable(network);
  // Segmenting uses the same variables, so it always reflects the training.
  state.open = { network: taught, tokenizer, model: new MedCLIPSeg(taught, tokenizer) };
  state.teaching = await TeachSession.open(taught, tokenizer);
  return state.teaching;
}

export function teachApi(state: EngineState): TeachApi {
  const untaught = { undos: 0, changed: false };
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
        // Another model may have been opened meanwhile.
        const { model, network } = openModelOf(state);
        const { image, mask, prompt } = fitted(example, network.config.vision.imageSize);
        const { mask: predicted, probability, ...found } = await model.segment(image, prompt, { samples: 0 });
        const { dsc: dice } = overlapScores(thresholdMask(mask), predicted);
        const data = Uint8Array.from(probability, (p) => Math.round(255 * p));
        onEvaluated({ index, dice, probability: { width: found.width, height: found.height, channels: 1, data } });
      }
    },

    drawExample(modality, seed, size) {
      const { image, mask, prompt } = drawPhantom({ modality, seed, size });
      return { name: `${modality} ${seed}`, image, mask, prompt };
    },

    async saveTaught() {
      const { network, tokenizer } = openModelOf(state);
      const bytes = await encodeCheckpoint(network, tokenizer.toJson());
      return transfer(bytes, [bytes.buffer]);
    },
  };
}
