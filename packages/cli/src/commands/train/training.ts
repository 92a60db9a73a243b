// A training from settings and dataset folders into a folder of checkpoints and logs.
import { join } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';
import { countParameters, variablesOf } from '@medclipseg/nn';
import type { MedCLIPSeg } from 'medclipseg';
import { type CheckpointFolder, openCheckpointFolder, openDatasetFolders } from 'medclipseg/node';
import { type EpochReport, fit, type StepReport } from 'medclipseg/training';
import { stringify } from 'yaml';
import { trainingPlan } from '../../settings/plan.ts';
import type { Settings } from '../../settings/schema.ts';
import { newModel } from './new-model.ts';
import { openRunLog, type RunLog } from './run-log.ts';

export interface TrainingRun {
  readonly settings: Settings;
  /** Datasets, used as one. */
  readonly data: readonly string[];
  readonly out: string;
  readonly resume?: boolean;
  readonly cache?: string;
  /** Takes encoders of the model hub from the cache only. */
  readonly offline?: boolean;
  /** The label of label maps that is foreground. */
  readonly label?: string;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
  /** @param done steps since the training began @param total steps of the whole training */
  readonly onStep?: (done: number, total: number, report: StepReport) => void | Promise<void>;
  readonly onEpoch?: (report: EpochReport) => void;
}

/** Runs or resumes a training on the current device. @returns the best validation Dice, if there was a validation */
export async function runTraining(run: TrainingRun): Promise<number | undefined> {
  const { settings, out, resume, signal, onNotice } = run;
  const { TRAIN } = settings;
  const data = await openDatasetFolders(run.data, {
    percentage: TRAIN.DATA_PERCENTAGE,
    cacheFolder: run.cache,
    label: run.label,
    signal,
    onNotice,
    onCacheError: ({ message }) => onNotice(message),
  });
  const open: { log?: RunLog; checkpoints?: CheckpointFolder; model?: MedCLIPSeg } = {};
  let best: number | undefined;
  try {
    const splits = { train: 'training', val: 'validation' };
    for (const { folder, split, names } of data.missing)
      onNotice(
        `${folder}: ${names.length} rows of ${splits[split]} have no files and are left out: ${names.join(', ')}`,
      );
    open.checkpoints = await openCheckpointFolder(out, { keep: TRAIN.KEEP_CHECKPOINTS });
    await writeFileAtomically(join(out, 'settings.yaml'), stringify(settings));
    open.model = await newModel(settings, data.prompts, run);
    const { model } = open;
    const { parameters } = model.network;
    const learning = [...variablesOf(parameters).values()].reduce((sum, { size }) => sum + size, 0);
    onNotice(
      `${countParameters(parameters).toLocaleString('en')} parameters, ${learning.toLocaleString('en')} of which learn, ${data.train.size} images to learn from`,
    );
    let [steps, total] = [0, 0];
    await fit(model, data, trainingPlan(settings), {
      checkpoints: open.checkpoints,
      resume,
      checkpointSteps: TRAIN.CHECKPOINT_STEPS,
      wholeCheckpoints: TRAIN.WHOLE_CHECKPOINTS,
      signal,
      onStart: async ({ progress, resumed, stepsPerEpoch, plan }) => {
        [steps, total] = [stepsPerEpoch, stepsPerEpoch * plan.epochs];
        if (progress.epoch > 0) best = progress.bestDice;
        const done = progress.epoch * steps + progress.step;
        open.log = await openRunLog(out, resumed ? { epoch: progress.epoch, done } : undefined);
      },
      onStep: async (report) => {
        const done = report.epoch * steps + report.step;
        await run.onStep?.(done, total, report);
        await open.log?.step(done, report);
      },
      onEpoch: async (report) => {
        best = Math.max(best ?? 0, report.validationDice ?? 0);
        run.onEpoch?.(report);
        await open.log?.epoch((report.epoch + 1) * steps, report);
      },
    });
    return best;
  } finally {
    await Promise.allSettled([open.log?.close(), data.dispose(), open.checkpoints?.close(), open.model?.dispose()]);
  }
}
