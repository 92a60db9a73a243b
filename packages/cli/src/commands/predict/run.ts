// medclipseg predict: one image into maps and a report, or a run over files, folders and series.
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { describeImage } from '@medclipseg/datasets';
import { removeLeftovers } from '@medclipseg/datasets/node';
import { MAXIMUM_ENTROPY } from 'medclipseg';
import {
  type BackendFlag,
  type CommandContext,
  type ModelFlags,
  type SamplingFlags,
  samplingOptions,
  shardOf,
  VERSION,
} from '../../command.ts';
import { EXIT, UsageError } from '../../errors.ts';
import { openModel, useBackend } from '../../open-model.ts';
import { findInputs, type Inputs, stemOf } from './inputs.ts';
import { type JobOptions, jobPaths, matchJobs, readJobs, whatOfJob } from './jobs.ts';
import { type Finished, segmentMany } from './many.ts';
import type { OpenModel, Outcome, Segmenter } from './outcome.ts';
import { modelDigest, NOTICE, type Report, type Request, writeReport } from './records.ts';
import { segmentImage } from './segment-image.ts';
import { segmentVolume } from './segment-volume.ts';
import { checkTask, needsVolume, readingOf, type Settings, type Task } from './task.ts';
import { nothingToSegment, thresholdOf, whatOf } from './what.ts';

export interface PredictOptions extends SamplingFlags, ModelFlags, BackendFlag, JobOptions {
  readonly prompt: readonly string[];
  readonly class: readonly string[];
  readonly threshold?: string;
  readonly jobs?: string;
  readonly interpolation: string;
  readonly model: string;
  readonly out: string;
  readonly skipExisting?: boolean;
  readonly shard?: string;
  readonly dicomSeg?: boolean;
  readonly splitUncertainty?: boolean;
  readonly json?: boolean;
}

const warn = (message: string) => process.stderr.write(`${message}\n`);

/** The tasks of a call, all of their options checked before the first is done. */
async function tasksOf(
  given: readonly string[],
  options: PredictOptions,
  signal: AbortSignal,
): Promise<Omit<Inputs, 'inputs'> & { readonly tasks: readonly Task[] }> {
  const what = whatOf(options.prompt, options.class);
  const { jobs: file, out } = options;
  if (file === undefined) {
    if (!what) throw nothingToSegment();
    const reading = readingOf(options);
    const { inputs, ...rest } = await findInputs(given, out, signal);
    return { ...rest, tasks: inputs.map((input) => ({ ...input, what, reading })) };
  }
  const jobs = await readJobs(file, warn);
  const { inputs, leftOut } = await findInputs(given.length > 0 ? given : jobPaths(file, jobs), out, signal);
  const matched = matchJobs(file, jobs, inputs);
  const named = new Set(matched.map(({ path }) => path));
  const without = inputs
    .filter(({ path }) => !named.has(path))
    .map(({ path }) => ({ path, reason: 'no job names it' }));
  const tasks = matched.map((input): Task => {
    const { job, ...rest } = input;
    return { ...rest, what: whatOfJob(input, what), reading: readingOf({ ...options, ...job }) };
  });
  return { isSingle: false, leftOut: [...leftOut, ...without], tasks };
}

/** Opens backend and model at the first call. */
function segmenterOf(options: PredictOptions, signal: AbortSignal): Segmenter & { dispose: () => Promise<void> } {
  let opening: Promise<OpenModel> | undefined;
  const open = async (): Promise<OpenModel> => {
    const backend = await useBackend(options);
    const model = await openModel(options.model, options, signal);
    return { model, info: model.info, backend };
  };
  return {
    open() {
      opening ??= open();
      return opening;
    },
    async dispose() {
      const opened = await opening?.catch(() => undefined);
      await opened?.model.dispose();
    },
  };
}

/** Whether a file is a volume: several slices of NIfTI, of which none is chosen. */
async function isVolume(task: Task): Promise<boolean> {
  if (task.series) return true;
  if (task.reading.page !== undefined) return false;
  const path = task.path.replace(/\.img(\.gz)?$/i, '.hdr$1');
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return false;
  const facts = await describeImage(bytes, { name: path }).catch(() => undefined);
  return facts?.format === 'nifti' && (facts.pages > 1 || needsVolume(task));
}

export async function predict(
  given: readonly string[],
  options: PredictOptions,
  { signal, endWith }: CommandContext,
): Promise<void> {
  const sampling = samplingOptions(options);
  const { interpolation, out, dicomSeg, splitUncertainty } = options;
  if (interpolation !== 'bilinear' && interpolation !== 'nearest')
    throw new UsageError('--interpolation', 'bilinear or nearest', `'${interpolation}'`, 'Choose one of them.');
  if (given.length === 0 && options.jobs === undefined)
    throw new UsageError('inputs', 'files, folders or --jobs', 'none', 'Name what to segment.');
  const shard = options.shard === undefined ? undefined : shardOf(options.shard);
  const { tasks, leftOut, isSingle } = await tasksOf(given, options, signal);
  const hasClasses = tasks.some(({ what }) => 'classes' in what);
  const threshold = thresholdOf(options.threshold, hasClasses);
  if (tasks.length === 0)
    throw new UsageError(
      'inputs',
      'images, volumes or DICOM series',
      'none',
      `${leftOut.length} files are of other kinds.`,
    );
  for (const task of tasks) checkTask(task);
  if (dicomSeg && !tasks.some(({ series }) => series))
    throw new UsageError('--dicom-seg', 'a folder with a DICOM series', 'none', 'Name the folder, not its files.');
  const settings: Settings = { sampling, interpolation, threshold, splitUncertainty, dicomSeg };
  const { dispose, ...segmenter } = segmenterOf(options, signal);
  const { encoders, tokenizer, family, revision } = options;
  const isMany = !isSingle || options.skipExisting || shard !== undefined;
  const model = {
    name: options.model,
    sha256: isMany ? await modelDigest(options.model) : undefined,
    encoders,
    encodersSha256: isMany && encoders !== undefined ? await modelDigest(encoders) : undefined,
    tokenizer,
    family,
    revision,
  };

  const requestOf = ({ what, reading }: Task, sha256?: string): Request =>
    JSON.parse(JSON.stringify({ sha256, version: VERSION, model, ...what, reading, ...settings }));

  /** The report of a task, and the seconds from when the model was ready to the maps. */
  const segment = async (
    task: Task,
    request: Request,
    onSlice: (done: number, count: number) => void,
    beforeWriting: () => Promise<void>,
    onWarning: (message: string) => void = () => {},
  ): Promise<{ report: Report; outcome: Outcome; seconds: number }> => {
    const place = { out: dirname(join(out, task.name)), name: basename(task.name) };
    let [started, ended] = [0, 0];
    const timed: Segmenter = {
      open: async () => {
        const opened = await segmenter.open();
        started ||= performance.now();
        return opened;
      },
    };
    const ready = async () => {
      ended = performance.now();
      await beforeWriting();
    };
    const how = { signal, onSlice, onWarning, beforeWriting: ready, origin: JSON.stringify(request) };
    const outcome = await ((await isVolume(task)) ? segmentVolume : segmentImage)(timed, task, settings, place, how);
    const { info, backend } = await segmenter.open();
    const report = {
      notice: NOTICE,
      version: VERSION,
      node: process.version,
      image: task.path,
      model: info.path,
      backend,
      sampling,
      interpolation,
      threshold: 'classes' in task.what ? threshold : undefined,
      ...outcome.numbers,
      ...(outcome.notes.length > 0 && { notes: outcome.notes }),
      uncertaintyScale: [0, MAXIMUM_ENTROPY],
      files: outcome.files,
    };
    return { report, outcome, seconds: (ended - started) / 1000 };
  };

  try {
    const [task] = tasks;
    if (task && !isMany) {
      await segmentSingle(task, options, segment);
      return;
    }
    const finished = await segmentMany(
      tasks,
      {
        out,
        shard,
        skipExisting: options.skipExisting,
        signal,
        leftOut,
        settings: { version: VERSION, model: options.model, ...settings },
        requestOf,
        segment: async (item, request, onSlice, beforeWriting) => {
          const { report, outcome } = await segment(item, request, onSlice, beforeWriting);
          return { report: { ...report, request }, outcome };
        },
      },
      (line) => options.json || process.stdout.write(`${line}\n`),
    );
    printFinished(finished, leftOut.length, options);
    if (finished.failures.length > 0) endWith(EXIT.failed);
  } finally {
    await dispose();
  }
}

/** One file that is named itself: its results are printed, and nothing else is written. */
async function segmentSingle(
  task: Task,
  { out, json }: PredictOptions,
  segment: (
    task: Task,
    request: Request,
    onSlice: () => void,
    beforeWriting: () => Promise<void>,
    onWarning: (message: string) => void,
  ) => Promise<{ report: Report; outcome: Outcome; seconds: number }>,
): Promise<void> {
  const { path } = task;
  const named = { ...task, name: (await isVolume(task)) ? stemOf(basename(path)) : basename(path, extname(path)) };
  const shown = new Set<string>();
  const { report, outcome, seconds } = await segment(
    named,
    {},
    () => {},
    async () => {
      await mkdir(out, { recursive: true });
      await removeLeftovers(out);
    },
    (message) => {
      shown.add(message.replace(`${task.path}: `, ''));
      warn(message);
    },
  );
  for (const note of outcome.notes) if (!shown.has(note)) warn(note);
  const { notice, version, node, image, size, model, backend, sampling, interpolation, threshold, ...rest } = report;
  const head = { notice, version, node, image, size, model, backend, sampling, interpolation, threshold };
  const whole = { ...head, seconds: Number(seconds.toFixed(3)), ...rest } as unknown as Report;
  await writeReport(out, named, whole);
  const paths = Object.values(outcome.files).map((file) => join(out, file));
  process.stdout.write(
    json ? `${JSON.stringify(whole)}\n` : `${outcome.line} in ${seconds.toFixed(1)} s\n${paths.join('\n')}\n`,
  );
}

function printFinished(
  { done, failed, pending, failures, skipped, results, text }: Finished,
  leftOut: number,
  { out, json }: PredictOptions,
): void {
  if (failures.length > 0) {
    warn('failed:');
    for (const { message } of failures) warn(`  ${message}`);
  }
  if (leftOut > 0) warn(`${leftOut} ${leftOut === 1 ? 'file was' : 'files were'} left out; report.json says why`);
  const parts = [
    `${done} of ${results.length} done`,
    ...(skipped > 0 ? [`${skipped} of them before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(pending > 0 ? [`${pending} pending`] : []),
  ];
  const line = `${parts.join(', ')}: ${join(out, 'report.json')}\n`;
  process.stdout.write(json ? `${JSON.stringify(JSON.parse(text))}\n` : line);
}
