// A run over many inputs: each on its own, what is done skipped, failures kept for the end.
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDatasetError } from '@medclipseg/datasets';
import { type LeftOut, removeLeftovers } from '@medclipseg/datasets/node';
import { isModelError } from 'medclipseg';
import type { Shard } from '../../command.ts';
import { isCliError } from '../../errors.ts';
import { runBar } from '../../progress.ts';
import type { Outcome } from './outcome.ts';
import {
  inputDigest,
  isDone,
  NOTICE,
  type Report,
  type Request,
  type RunReport,
  removeResults,
  writeReport,
  writeSummary,
} from './records.ts';
import type { Task } from './task.ts';

/** Errors of an input. Any other, such as a full disk, would be the same for every input. */
const isOfInput = (error: unknown): error is Error =>
  isDatasetError(error) || isModelError(error, 'medclipseg/argument') || isCliError(error, 'cli/usage');

export interface ManyOptions {
  readonly out: string;
  readonly shard?: Shard;
  readonly skipExisting?: boolean;
  readonly signal: AbortSignal;
  readonly leftOut: readonly LeftOut[];
  /** What all reports of the run have in common. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly requestOf: (task: Task, sha256?: string) => Request;
  readonly segment: (
    task: Task,
    request: Request,
    onSlice: (done: number, count: number) => void,
    beforeWriting: () => Promise<void>,
  ) => Promise<{ readonly report: Report; readonly outcome: Outcome }>;
}

export interface Finished extends RunReport {
  /** Failures of this process, in the order of the inputs. */
  readonly failures: readonly { readonly name: string; readonly message: string }[];
  /** Inputs that were done before. */
  readonly skipped: number;
}

/**
 * Runs the tasks and writes the report of the run, also when it is canceled.
 *
 * @param onLine gets a line for each input that is done or has failed
 */
export async function segmentMany(
  tasks: readonly Task[],
  options: ManyOptions,
  onLine: (line: string) => void,
): Promise<Finished> {
  const { out, shard = { index: 0, count: 1 }, skipExisting, signal, leftOut, settings, requestOf, segment } = options;
  const own = tasks.filter((_, i) => i % shard.count === shard.index);
  const folderOf = ({ name }: Task) => dirname(join(out, name));
  await mkdir(out, { recursive: true });
  for (const folder of new Set([out, ...tasks.map(folderOf)])) await removeLeftovers(folder);
  const failures: { name: string; message: string }[] = [];
  /** Inputs by their notes. */
  const notes = new Map<string, string[]>();
  let skipped = 0;
  const bar = runBar(own.length);
  const print = (line: string) => bar.print(() => onLine(line));

  const fail = async (task: Task, message: string): Promise<void> => {
    await removeResults(out, task);
    await mkdir(folderOf(task), { recursive: true });
    await writeReport(out, task, { notice: NOTICE, image: task.path, error: message, request: requestOf(task) });
    failures.push({ name: task.name, message });
    print(`${task.name}: failed`);
  };
  const succeed = async (task: Task): Promise<void> => {
    const started = performance.now();
    const request = requestOf(task, await inputDigest(task));
    if (skipExisting && (await isDone(out, task, request))) {
      skipped++;
      return;
    }
    await removeResults(out, task);
    const { report, outcome } = await segment(task, request, bar.part, async () => {
      await mkdir(folderOf(task), { recursive: true });
    });
    await writeReport(out, task, report);
    const seconds = (performance.now() - started) / 1000;
    // Not part of the reports, which are the same however often the run was interrupted.
    await appendFile(join(out, 'times.csv'), `${JSON.stringify(task.name)},${seconds.toFixed(3)}\n`);
    for (const note of outcome.notes) notes.set(note, [...(notes.get(note) ?? []), task.name]);
    print(`${task.name}: ${outcome.line.replaceAll('\n', '; ')}, ${seconds.toFixed(1)} s`);
  };

  let done = 0;
  try {
    for (const task of own) {
      signal.throwIfAborted();
      bar.update(done, task.name);
      if (task.fault !== undefined) await fail(task, task.fault);
      else
        try {
          await succeed(task);
        } catch (error) {
          if (!isOfInput(error)) throw error;
          await fail(task, error.message);
        }
      done++;
    }
  } catch (error) {
    bar.stop();
    await writeSummary(out, tasks, requestOf, settings, leftOut);
    process.stderr.write(`${done} of ${own.length} inputs were reached. Continue with --skip-existing.\n`);
    throw error;
  }
  bar.update(done, '');
  bar.stop();
  for (const [note, names] of notes)
    process.stderr.write(`${names.length > 1 ? `${names.length} inputs` : names[0]}: ${note}\n`);
  return { ...(await writeSummary(out, tasks, requestOf, settings, leftOut)), failures, skipped };
}
