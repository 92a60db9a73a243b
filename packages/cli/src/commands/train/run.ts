// medclipseg train: a model from a settings file and dataset folders.
import { hasTraining } from 'medclipseg/node';
import type { BackendFlag } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { useBackend } from '../../open-model.ts';
import { type TrainingBar, trainingBar } from '../../progress.ts';
import { readSettings } from '../../settings/read.ts';
import { runTraining } from './training.ts';

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
  const { NUM_EPOCHS } = settings.TRAIN;
  if (!options.resume && (await hasTraining(options.out)))
    throw new UsageError(
      options.out,
      'a folder without a training',
      'one that holds checkpoints',
      'Add --resume to continue it, or choose another --out.',
    );
  await useBackend(options);
  let bar: TrainingBar | undefined;
  try {
    const best = await runTraining({
      ...options,
      settings,
      signal,
      onNotice: notice,
      onStep: (done, total, { epoch, loss }) => {
        bar ??= trainingBar(total, NUM_EPOCHS);
        bar.step(done, epoch, loss.total);
      },
      onEpoch: ({ epoch, trainingLoss, validationDice = 0, best }) => {
        bar?.stop();
        notice(
          `epoch ${epoch + 1}/${NUM_EPOCHS}  training loss ${trainingLoss.toFixed(4)}  validation Dice ${validationDice.toFixed(4)}${best ? '  best' : ''}`,
        );
      },
    });
    notice(`${best === undefined ? '' : `best validation Dice ${best.toFixed(4)}; `}checkpoints in ${options.out}`);
  } finally {
    bar?.stop();
  }
}
