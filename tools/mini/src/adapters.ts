// Continues the training of mini's adapters and decoder on its frozen encoders, with this project's own trainer and with pairs. Part of `make.ts`.
//   node --conditions=@medclipseg/source --import tsx tools/mini/src/adapters.ts --encoders FILE --out OUT --data FOLDER... [--epochs 3] [--device auto]
// OUT is a checkpoint folder; a training in it is resumed after its last step. `log.jsonl` has a line per epoch.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MedCLIPSeg } from 'medclipseg';
import { openCheckpointFolder, openDatasetFolders, openJsonLines } from 'medclipseg/node';
import { fit, type TrainingPlan } from 'medclipseg/training';

const { values: flags } = parseArgs({
  options: {
    encoders: { type: 'string' },
    out: { type: 'string' },
    data: { type: 'string', multiple: true },
    epochs: { type: 'string', default: '3' },
    device: { type: 'string', default: 'auto' },
  },
});
if (!flags.encoders || !flags.out || !flags.data)
  throw new Error('adapters.ts: expected --encoders, --out and --data. Name them.');

const plan: Partial<TrainingPlan> = {
  epochs: Number(flags.epochs),
  seed: 666,
  batchSize: 8,
  // Fine-tuning: the adapters come from the end-to-end training.
  learningRate: 3e-4,
  minimumLearningRate: 1e-5,
  schedule: 'step',
  warmupSteps: 40,
  weightDecay: 0.05,
  beta2: 0.99,
  clipNorm: 1,
  loss: { dice: 'region', temperature: 0.2 },
  augment: [
    ...(['lesionFree', { name: 'mosaic', share: 0.35 }, 'paste', 'wrongLesion'] as const),
    ...(['flips', 'affine', 'color', 'relaxedPlace'] as const),
  ],
};

const model = await MedCLIPSeg.fromPretrained(flags.encoders, { device: flags.device as 'auto' });
const data = await openDatasetFolders(flags.data, { workers: 1 });
const checkpoints = await openCheckpointFolder(flags.out);
const log = { lines: undefined as Awaited<ReturnType<typeof openJsonLines>> | undefined };
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
const began = performance.now();
let done = 0;
try {
  await fit(model.unfreeze(), data, plan, {
    checkpoints,
    resume: true,
    checkpointSteps: 50,
    wholeCheckpoints: true,
    signal: stop.signal,
    onStart: async ({ progress, stepsPerEpoch }) => {
      process.stderr.write(`${stepsPerEpoch} steps per epoch, from epoch ${progress.epoch}, step ${progress.step}\n`);
      log.lines = await openJsonLines(join(flags.out as string, 'log.jsonl'), {
        keep: (line) => (line.epoch as number) < progress.epoch,
      });
    },
    onStep: ({ epoch, step, steps, loss }) => {
      done++;
      if (done % 20 !== 0) return;
      const seconds = (performance.now() - began) / 1000 / done;
      const left = ((Number(flags.epochs) - epoch) * steps - step) * seconds;
      process.stderr.write(
        `epoch ${epoch}, step ${step}/${steps}, loss ${loss.total.toFixed(4)}, ${seconds.toFixed(2)} s per step, ${Math.round(left / 60)} min left\n`,
      );
    },
    onEpoch: async (report) => {
      await log.lines?.write({ ...report, seconds: Math.round((performance.now() - began) / 1000) });
    },
  });
} finally {
  await Promise.allSettled([log.lines?.close(), data.dispose(), checkpoints.close()]);
  model.dispose();
}
