// medclipseg train: a model from a settings file and dataset folders.
import { join } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';
import { countParameters, variablesOf } from '@medclipseg/nn';
import { hasTraining, openCheckpointFolder, openDatasetFolders } from 'medclipseg/node';
import { fit } from 'medclipseg/training';
import { stringify } from 'yaml';
import type { BackendFlag } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { useBackend } from '../../open-model.ts';
import { type TrainingBar, trainingBar } from '../../progress.ts';
import { trainingPlan } from '../../settings/plan.ts';
import { readSettings } from '../../settings/read.ts';
import { newModel } from './new-model.ts';
import { openRunLog, type RunLog } from './run-log.ts';

export interface TrainOptions extends BackendFlag {
  readonly config: string;
  /** Datasets, used as one. */
  readonly data: readonly string[];
  /** Percentage of the training and validation images; overrides the settings. */
  readonly dataPercentage?: string;
  readonly out: string;
  readonly set: readonly string[];
  readonly resume?: boolean;
  readonly cache?: string;
  /** The label of label maps that is foreground. */
  readonly label?: string;
}

const notice = (text: string) => process.stderr.write(`${text}\n`);

/** What a flag overrides comes after --set. */
const overrides = ({ set, dataPercentage }: TrainOptions): string[] =>
  dataPercentage === undefined ? [...set] : [...set, `TRAIN.DATA_PERCENTAGE=${dataPercentage}`];

export async function train(options: TrainOptions, signal: AbortSignal): Promise<void> {
  const settings = await readSettings(options.config, overrides(options), notice);
  const { TRAIN } = settings;
  const data = await openDatasetFolders(options.data, {
    percentage: TRAIN.DATA_PERCENTAGE,
    cacheFolder: options.cache,
    label: options.label,
    signal,
    onNotice: notice,
    onCacheError: ({ message }) => notice(message),
  });
  const splits = { train: 'training', val: 'validation' };
  for (const { folder, split, names } of data.missing)
    notice(`${folder}: ${names.length} rows of ${splits[split]} have no files and are left out: ${names.join(', ')}`);
  if (!options.resume && (await hasTraining(options.out)))
    throw new UsageError(
      options.out,
      'a folder without a training',
      'one that holds checkpoints',
      'Add --resume to continue it, or choose another --out.',
    );
  await useBackend(options);
  const checkpoints = await openCheckpointFolder(options.out, { keep: TRAIN.KEEP_CHECKPOINTS });
  const open: { log?: RunLog; bar?: TrainingBar } = {};
  let best: number | undefined;
  try {
    await writeFileAtomically(join(options.out, 'settings.yaml'), stringify(settings));
    const model = await newModel(settings, data.prompts, signal);
    const { parameters } = model.network;
    const learning = [...variablesOf(parameters).values()].reduce((sum, { size }) => sum + size, 0);
    notice(
      `${countParameters(parameters).toLocaleString('en')} parameters, ${learning.toLocaleString('en')} of which learn, ${data.train.size} images to learn from`,
    );
    let steps = 0;
    await fit(model, data, trainingPlan(settings), {
      checkpoints,
      resume: options.resume,
      checkpointSteps: TRAIN.CHECKPOINT_STEPS,
      wholeCheckpoints: TRAIN.WHOLE_CHECKPOINTS,
      signal,
      onStart: async ({ progress, resumed, stepsPerEpoch, plan }) => {
        steps = stepsPerEpoch;
        if (progress.epoch > 0) best = progress.bestDice;
        const done = progress.epoch * steps + progress.step;
        open.log = await openRunLog(options.out, resumed ? { epoch: progress.epoch, done } : undefined);
        open.bar = trainingBar(plan.epochs * steps, plan.epochs);
      },
      onStep: async (report) => {
        const done = report.epoch * steps + report.step;
        open.bar?.step(done, report.epoch, report.loss.total);
        await open.log?.step(done, report);
      },
      onEpoch: async (report) => {
        open.bar?.stop();
        const dice = report.validationDice ?? 0;
        best = Math.max(best ?? 0, dice);
        notice(
          `epoch ${report.epoch + 1}/${TRAIN.NUM_EPOCHS}  training loss ${report.trainingLoss.toFixed(4)}  validation Dice ${dice.toFixed(4)}${report.best ? '  best' : ''}`,
        );
        await open.log?.epoch((report.epoch + 1) * steps, report);
      },
    });
  } finally {
    open.bar?.stop();
    await Promise.allSettled([open.log?.close(), data.dispose(), checkpoints.close()]);
  }
  notice(`${best === undefined ? '' : `best validation Dice ${best.toFixed(4)}; `}checkpoints in ${options.out}`);
}
