// Training as one call: from examples to a finished checkpoint.
import { keyOf, variablesOf } from '@medclipseg/nn';
import { permutation } from '@medclipseg/nn/internal';
import { loadOnnx } from '#platform';
import { checkCount, checkKnownKeys } from '../arguments.ts';
import { currentOnnx } from '../device.ts';
import { ArgumentError, CheckpointError } from '../errors.ts';
import type { MedCLIPSeg } from '../model.ts';
import { type CheckpointStore, restoreTraining, trainingContents } from './checkpoints.ts';
import { type MakeTrainingEngine, tfjsTrainingEngine } from './engine.ts';
import type { Examples } from './examples.ts';
import { completePlan, type EpochReport, type StepReport, type TrainingPlan, type TrainingProgress } from './plan.ts';
import { Trainer } from './trainer.ts';

export interface FitData {
  readonly train: Examples;
  /** Scored after each epoch. Without it there is no best state, only the newest. */
  readonly validation?: Examples;
}

/** Reported once, before the first step. */
export interface FitStart {
  readonly progress: TrainingProgress;
  /** Whether the training continues from a checkpoint. */
  readonly resumed: boolean;
  readonly stepsPerEpoch: number;
  readonly plan: TrainingPlan;
}

export interface FitOptions {
  /** Where states are kept: one before the first step, one after each epoch, and one when `signal` ends the training. */
  readonly checkpoints?: CheckpointStore;
  /** Continues the training in `checkpoints`, if there is one. */
  readonly resume?: boolean;
  /** Also saves a checkpoint after this many steps. */
  readonly checkpointSteps?: number;
  /** Checkpoints also hold frozen encoders that come from another file. */
  readonly wholeCheckpoints?: boolean;
  readonly onStart?: (start: FitStart) => void | Promise<void>;
  /** The next step waits for it. */
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  readonly onEpoch?: (report: EpochReport) => void | Promise<void>;
  /**
   * Ends the training after the current step, on the device `onnx` without it: the state is saved, and the call rejects with the signal's
   * reason.
   */
  readonly signal?: AbortSignal;
}

const OPTION_KEYS = [
  ...['checkpoints', 'resume', 'checkpointSteps', 'wholeCheckpoints'],
  ...['onStart', 'onStep', 'onEpoch', 'signal'],
];

/** Continues a stored training if asked to; refuses to overwrite one otherwise. */
async function resumeFrom(store: CheckpointStore, resume: boolean, model: MedCLIPSeg, trainer: Trainer) {
  const latest = await store.latest();
  if (!latest) return false;
  try {
    if (!resume)
      throw new CheckpointError(
        latest.name,
        'checkpoints without a training',
        'one that has begun',
        'Set `resume` to continue it, or choose another place.',
      );
    await restoreTraining(latest, model, trainer);
    return true;
  } finally {
    await latest.close();
  }
}

/** How a training is computed on the device of a model. */
export async function trainingEngineFor(device: MedCLIPSeg['device']): Promise<MakeTrainingEngine> {
  if (device === 'tfjs') return tfjsTrainingEngine;
  const { createTrainingEngine } = await loadOnnx();
  const options = currentOnnx();
  return (network, training) => createTrainingEngine(network, training, { ...options });
}

/**
 * Trains a model in place, by default its adapters and decoder ({@link MedCLIPSeg.unfreeze}); the encoders stay frozen, as published.
 *
 * Steps are computed on the device of the model. The result is a function of the model, the data, the plan and the device alone: an
 * interrupted and resumed training ends with the same bytes as an uninterrupted one.
 *
 * @param plan what differs from the published training ({@link PUBLISHED_PLAN})
 * @returns how far the training has come
 * @throws {DivergedError} at a loss that is not finite; the last checkpoint is intact
 * @throws {ArgumentError} for a plan or options out of range
 * @throws {OnnxError} `onnx/session` if the thread of ONNX Runtime ends; the last checkpoint is intact
 *
 * @example
 * const model = await MedCLIPSeg.fromPretrained('mini');
 * const train = examplesInMemory([{ name: 'a', image, mask, prompt: 'one polyp in the upper left' }]);
 * await fit(model, { train }, { epochs: 20, learningRate: 5e-4 }, { onEpoch: ({ trainingLoss }) => console.log(trainingLoss) });
 */
export async function fit(
  model: MedCLIPSeg,
  { train, validation }: FitData,
  plan: Partial<TrainingPlan> = {},
  options: FitOptions = {},
): Promise<TrainingProgress> {
  const { checkpoints, resume = false, checkpointSteps, wholeCheckpoints: whole, signal } = options;
  const complete = completePlan(plan);
  checkKnownKeys('options', options, OPTION_KEYS);
  const { batchSize, seed, augment, patience } = complete;
  if (checkpointSteps !== undefined) checkCount('checkpointSteps', checkpointSteps, 1);
  if (train.size === 0) throw new ArgumentError('data.train', 'at least one example', 'none', 'Give some.');
  if (patience !== undefined && !validation)
    throw new ArgumentError('plan.patience', 'validation data', 'none', 'Give some, or leave `patience` out.');
  signal?.throwIfAborted();
  if (variablesOf(model.network.parameters).size === 0) model.unfreeze();
  const { vision, preprocessing } = model.network.config;
  const trainer = new Trainer(model.network, model.tokenizer, complete, await trainingEngineFor(model.device));
  const stepsPerEpoch = Math.ceil(train.size / batchSize);
  const stepsDone = () => trainer.progress.epoch * stepsPerEpoch + trainer.progress.step;
  const save = async (best = false) =>
    checkpoints?.save(await trainingContents(model, trainer, { whole }), { step: stepsDone(), best });
  const common = { imageSize: vision.imageSize, preprocessing, batchSize, signal };
  try {
    const resumed = checkpoints !== undefined && (await resumeFrom(checkpoints, resume, model, trainer));
    await options.onStart?.({ progress: trainer.progress, resumed, stepsPerEpoch, plan: complete });
    try {
      // Whatever happens from here on, there is a checkpoint to continue from.
      if (!resumed) await save();
      await trainer.run(
        {
          stepsPerEpoch,
          train: (epoch, from) =>
            train.batches({
              ...common,
              from,
              augment,
              order: permutation(keyOf(seed, 'order', epoch), train.size),
              key: (index) => ['augment', seed, epoch, index],
            }),
          validate: validation && (() => validation.batches(common)),
        },
        {
          signal,
          onStep: async (report) => {
            await options.onStep?.(report);
            if (checkpointSteps !== undefined && stepsDone() % checkpointSteps === 0) await save();
          },
          onEpoch: async (report) => {
            await options.onEpoch?.(report);
            await save(report.best);
          },
        },
      );
    } catch (error) {
      // Canceled between two steps: what was learned so far is kept. After any other error the last checkpoint is.
      if (signal?.aborted) await save();
      throw error;
    }
    return trainer.progress;
  } finally {
    await trainer.dispose();
  }
}
