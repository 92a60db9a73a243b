// Teaching a model in the page: the part of the engine that trains.
import { drawPhantom, thresholdMask } from '@medclipseg/datasets';
import { transfer } from 'comlink';
import { encodeCheckpoint, MedCLIPSeg } from 'medclipseg';
import { overlapScores } from 'medclipseg/metrics';
import type { EngineState, OpenModel } from './engine-state.ts';
import { fitted } from './teach-batches.ts';
import type { TeachApi } from './teach-protocol.ts';
import { TeachSession, teachable } from './teach-session.ts';

function openIn({ open }: EngineState): OpenModel {
  if (!open) throw new Error('engine: expected an open model, got none. Open one first.');
  return open;
}

/** The session of the open model, begun at the first training. */
async function sessionOf(state: EngineState): Promise<TeachSession> {
  if (state.teaching) return state.teaching;
  const { network, tokenizer } = openIn(state);
  // Its parameters are about to be exchanged for variables.
  state.work?.abort();
  const taught = teachable(network);
  // The same model for segmenting: what is learned shows at once.
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

    async tryExamples(examples, onTried) {
      for (const [index, example] of examples.entries()) {
        // Another model may have been opened meanwhile.
        const { model, network } = openIn(state);
        const { image, mask, prompt } = fitted(example, network.config.vision.imageSize);
        const { mask: predicted, probability, ...found } = await model.segment(image, prompt, { samples: 0 });
        const { dsc: dice } = overlapScores(thresholdMask(mask), predicted);
        const data = Uint8Array.from(probability, (p) => Math.round(255 * p));
        onTried({ index, dice, probability: { width: found.width, height: found.height, channels: 1, data } });
      }
    },

    drawExample(modality, seed, size) {
      const { image, mask, prompt } = drawPhantom({ modality, seed, size });
      return { name: `${modality} ${seed}`, image, mask, prompt };
    },

    async saveTaught() {
      const { network, tokenizer } = openIn(state);
      const bytes = await encodeCheckpoint(network, tokenizer.toJson());
      return transfer(bytes, [bytes.buffer]);
    },
  };
}
