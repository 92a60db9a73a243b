// medclipseg train: a model from a settings file and a dataset folder.
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { vocabularyOf, wordTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { readSplit, SampleLoader, writeWhole } from '@medclipseg/datasets/node';
import {
  countParameters,
  disposeParameters,
  initialize,
  keyOf,
  permutation,
  trainable,
  variablesOf,
} from '@medclipseg/nn';
import { type ModelParameters, modelSpec, TRAINED_PART, Trainer } from 'medclipseg';
import { LATEST, loadEncoders, loadTraining, openCheckpointFolder, saveCheckpoint } from 'medclipseg/node';
import { stringify } from 'yaml';
import { useBackend } from '../backend.ts';
import { UsageError } from '../errors.ts';
import { loadingBar } from '../loading-bar.ts';
import { encoderConfig, modelConfig, readSettings, type Settings, trainingPlan } from '../settings.ts';
import { trainingBar } from '../training/bar.ts';
import { openRunLog } from '../training/run-log.ts';

export interface TrainOptions {
  readonly config: string;
  /** Datasets, learned from as one. */
  readonly data: readonly string[];
  readonly out: string;
  readonly set: readonly string[];
  readonly backend: string;
  readonly resume?: boolean;
  readonly cache?: string;
}

/** Threads that decode and augment while the step computes. */
const LOADING_THREADS = Math.min(2, availableParallelism() - 1);

const notice = (text: string) => process.stderr.write(`${text}\n`);

async function readData(folders: readonly string[]) {
  const splitOf = async (split: 'train' | 'val') => {
    const parts = await Promise.all(folders.map((folder) => readSplit(folder, split)));
    for (const [i, { missing }] of parts.entries())
      if (missing.length > 0)
        notice(
          `${folders[i]}: ${missing.length} rows of ${split === 'train' ? 'training' : 'validation'} have no files and are left out: ${missing.join(', ')}`,
        );
    return parts.flatMap(({ samples }) => samples);
  };
  return { train: await splitOf('train'), val: await splitOf('val') };
}

/** What a training begins with: frozen encoders of another file, or new ones, with a vocabulary from the prompts to learn from. */
async function startOf(settings: Settings, prompts: readonly string[], signal: AbortSignal) {
  const { MODEL, SEED } = settings;
  if ('ENCODERS' in MODEL) {
    const { TOKENIZER: tokenizer, FAMILY: family, REVISION: revision } = MODEL;
    const loading = loadingBar();
    const { onProgress } = loading;
    const encoders = await loadEncoders(MODEL.ENCODERS, { tokenizer, family, revision, signal, onProgress }).finally(
      loading.stop,
    );
    const deepest = Math.max(...MODEL.LAYERS);
    if (deepest >= encoders.vision.layers)
      throw new UsageError(
        'MODEL.LAYERS',
        `blocks 0 to ${encoders.vision.layers - 1} of ${MODEL.ENCODERS}`,
        `${deepest}`,
        'Name the blocks before which adapters stand.',
      );
    const config = modelConfig(settings, encoders);
    const fresh = () => {
      const { vision, text, ...rest } = modelSpec(config);
      return { ...encoders.parameters, ...initialize(rest, SEED) } as unknown as ModelParameters;
    };
    return { config, tokenizer: encoders.tokenizer, encoders, fresh, learns: TRAINED_PART };
  }
  // Flipping makes words that the prompts may lack; words of all places are in the vocabulary.
  const words = vocabularyOf([...prompts, 'top bottom left right upper lower center polyp']);
  const tokenizer = wordTokenizer({ words, contextLength: MODEL.TEXT.CONTEXT });
  const config = modelConfig(settings, encoderConfig(MODEL, tokenizer.size));
  const fresh = () => initialize(modelSpec(config), SEED) as unknown as ModelParameters;
  return { config, tokenizer, fresh, learns: /./ };
}

/** Trains and returns the best validation Dice. */
export async function train(options: TrainOptions, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(options.config, options.set, notice);
  const { train: samples, val } = await readData(options.data);
  const checkpoint = join(options.out, LATEST);
  const exists = await stat(checkpoint).then(
    () => true,
    () => false,
  );
  if (exists && !options.resume)
    throw new UsageError(
      options.out,
      'a folder without a training',
      `one with ${LATEST}`,
      'Add --resume to go on, or choose another --out.',
    );
  await useBackend(options.backend);
  const { KEEP_CHECKPOINTS, CHECKPOINT_STEPS, WHOLE_CHECKPOINTS, BATCH_SIZE, AUGMENT } = settings.TRAIN;
  const checkpoints = await openCheckpointFolder(options.out, { keep: KEEP_CHECKPOINTS });
  await writeWhole(join(options.out, 'settings.yaml'), stringify(settings));

  const plan = trainingPlan(settings);
  const { config, tokenizer, encoders, fresh, learns } = await startOf(
    settings,
    samples.map(({ prompt }) => prompt),
    signal,
  );
  const resumed = exists ? await loadTraining(checkpoint, config, encoders) : undefined;
  const parameters = trainable(resumed?.parameters ?? fresh(), learns);
  const loader = new SampleLoader({
    size: config.vision.imageSize,
    workers: LOADING_THREADS,
    cacheFolder: options.cache,
  });
  const network = { config, parameters };
  const trainer = new Trainer(network, tokenizer, plan);
  if (resumed) trainer.resume(resumed.progress, resumed.optimizer);
  const learning = [...variablesOf(parameters as never).values()].reduce((sum, { size }) => sum + size, 0);
  notice(
    `${countParameters(parameters as never).toLocaleString('en')} parameters, ${learning.toLocaleString('en')} of which learn, ${samples.length} images to learn from`,
  );

  const common = { batchSize: BATCH_SIZE, preprocessing: config.preprocessing, signal };
  const stepsPerEpoch = Math.ceil(samples.length / BATCH_SIZE);
  const stepsDone = () => trainer.progress.epoch * stepsPerEpoch + trainer.progress.step;
  const kept = { encoders: encoders?.reference, whole: WHOLE_CHECKPOINTS || undefined };
  const save = (best = false) =>
    checkpoints.save(stepsDone(), (path) => saveCheckpoint(path, network, tokenizer.toJson(), trainer, kept), { best });
  const log = await openRunLog(options.out, resumed && { epoch: resumed.progress.epoch, done: stepsDone() });
  const bar = trainingBar(plan.epochs * stepsPerEpoch, plan.epochs);
  try {
    // Whatever happens from here on, there is a checkpoint to go on from.
    if (!resumed) await save();
    await trainer.run(
      {
        stepsPerEpoch,
        train: (epoch, from) =>
          loader.batches(samples, {
            ...common,
            from,
            augment: AUGMENT,
            order: permutation(keyOf(plan.seed, 'order', epoch), samples.length),
            key: (index) => ['augment', plan.seed, epoch, index],
          }),
        validate: () => loader.batches(val, common),
      },
      {
        signal,
        onStep: async (report) => {
          bar.step(stepsDone(), report.epoch, report.loss.total);
          await log.step(stepsDone(), report);
          if (CHECKPOINT_STEPS && stepsDone() % CHECKPOINT_STEPS === 0) await save();
        },
        onEpoch: async (report) => {
          bar.stop();
          notice(
            `epoch ${report.epoch + 1}/${plan.epochs}  training loss ${report.trainingLoss.toFixed(4)}  validation Dice ${report.validationDice.toFixed(4)}${report.best ? '  best' : ''}`,
          );
          await log.epoch(stepsDone(), report);
          await save(report.best);
        },
      },
    );
  } catch (error) {
    // Canceled between two steps: what was learned so far is kept. After a loss that is no number, the last good one is.
    if (signal.aborted) await save();
    throw error;
  } finally {
    bar.stop();
    await Promise.allSettled([log.close(), loader.dispose()]);
    const { bestDice } = trainer.progress;
    trainer.dispose();
    disposeParameters(parameters as never);
    notice(`best validation Dice ${bestDice.toFixed(4)}; checkpoints in ${options.out}`);
  }
  return trainer.progress.bestDice;
}
