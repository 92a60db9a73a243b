// Reports on disk: one for each input, written last, so that its presence says that the input is done; and one for the run, made from them.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { access, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ImageError } from '@medclipseg/datasets';
import { type LeftOut, writeFileAtomically } from '@medclipseg/datasets/node';
import { modelFile } from 'medclipseg/node';
import type { Task } from './task.ts';

export const NOTICE = 'For research only, not a medical device.';

export const reportPath = (out: string, { name }: Pick<Task, 'name'>): string => join(out, `${name}-report.json`);

/** What determines a result. Two results with the same request are the same. */
export type Request = Readonly<Record<string, unknown>>;

/** The report of an input. */
export interface Report extends Readonly<Record<string, unknown>> {
  readonly image: string;
  readonly request?: Request;
  readonly error?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly notes?: readonly string[];
  readonly uncertaintyPerForeground?: number;
  readonly classes?: readonly Readonly<Record<string, unknown>>[];
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw new ImageError(path, 'a file to read', `'${(cause as Error).message}'`, { cause });
  }
  return hash.digest('hex');
}

/** The digest of a model's file; nothing for a model that is no local file. Another model may take the place of one. */
export async function modelDigest(name: string): Promise<string | undefined> {
  const path = await modelFile(name);
  return path === undefined ? undefined : digestOf(path);
}

/** The digest of a file, of both files of a NIfTI pair, or of all slices of a series. */
export async function inputDigest({ path, series }: Task): Promise<string> {
  const [, base] = /^(.*)\.(?:hdr|img)(?:\.gz)?$/i.exec(path) ?? [];
  if (!series && base === undefined) return digestOf(path);
  const pair = ['hdr', 'img', 'hdr.gz', 'img.gz'].map((kind) => `${base}.${kind}`);
  const files = series ? series.slices.map((slice) => slice.path) : pair.filter((file) => existsSync(file));
  const hash = createHash('sha256');
  for (const file of files) hash.update(await digestOf(file));
  return hash.digest('hex');
}

export async function readReport(out: string, task: Task): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(reportPath(out, task), 'utf8'));
  } catch {
    return undefined;
  }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Whether a report is of this request, of whatever bytes of the input. */
const answers = (report: Report | undefined, request: Request): report is Report =>
  report !== undefined && same({ ...report.request, sha256: undefined }, { ...request, sha256: undefined });

/** Whether the input is done: the same request on the same bytes, with all its files. */
export async function isDone(out: string, task: Task, request: Request): Promise<boolean> {
  const report = await readReport(out, task);
  if (!answers(report, request) || report.error !== undefined || !same(report.request, request)) return false;
  const folder = dirname(reportPath(out, task));
  const present = Object.values(report.files ?? {}).map((file) => access(join(folder, basename(file))));
  return Promise.all(present).then(
    () => true,
    () => false,
  );
}

/** Removes what an earlier run left for this input, its report first. */
export async function removeResults(out: string, task: Task): Promise<void> {
  const report = await readReport(out, task);
  const path = reportPath(out, task);
  await rm(path, { force: true });
  for (const file of Object.values(report?.files ?? {})) await rm(join(dirname(path), basename(file)), { force: true });
}

export const writeReport = (out: string, task: Pick<Task, 'name'>, report: Report): Promise<void> =>
  writeFileAtomically(reportPath(out, task), `${JSON.stringify(report, null, 2)}\n`);

interface Result extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly status: 'done' | 'failed' | 'pending';
  readonly uncertaintyPerForeground?: number;
}

/** What is the same in every report of a run. */
const COMMON = new Set([
  'notice',
  'version',
  'node',
  'model',
  'sampling',
  'interpolation',
  'threshold',
  'uncertaintyScale',
  'request',
]);

function resultOf({ name, path }: Task, report: Report | undefined): Result {
  if (!report) return { image: path, name, status: 'pending' };
  const own = Object.entries(report).filter(([key]) => !COMMON.has(key));
  const status = report.error === undefined ? 'done' : 'failed';
  return { name, status, sha256: report.request?.sha256, ...Object.fromEntries(own) };
}

/** Adds the order in which results deserve a look, 1 being the first: by the uncertainty per foreground, which follows the quality. */
function inOrderOfReview(results: readonly Result[]): Result[] {
  const uncertain = results.filter(({ uncertaintyPerForeground }) => uncertaintyPerForeground !== undefined);
  uncertain.sort(
    (a, b) =>
      (b.uncertaintyPerForeground as number) - (a.uncertaintyPerForeground as number) || (a.name < b.name ? -1 : 1),
  );
  const ranks = new Map(uncertain.map(({ name }, i) => [name, i + 1]));
  return results.map((result) => ({ ...result, ...(ranks.has(result.name) && { review: ranks.get(result.name) }) }));
}

const COLUMNS: Readonly<Record<string, (row: Readonly<Record<string, unknown>>) => unknown>> = {
  image: (row) => row.image,
  name: (row) => row.name,
  status: (row) => row.status,
  class: (row) => row.class,
  prompt: (row) => row.prompt,
  slices: (row) => row.slices,
  foreground_share: (row) => row.foregroundShare,
  area_mm2: (row) => row.areaMm2,
  volume_ml: (row) => row.volumeMl,
  mean_uncertainty: (row) => row.meanUncertainty,
  uncertainty_per_foreground: (row) => row.uncertaintyPerForeground,
  review: (row) => row.review,
  notes: (row) => (row.notes as readonly string[] | undefined)?.join(' '),
  error: (row) => row.error,
};

const cell = (value: unknown): string => {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A row for each result, or for each of its classes. */
function csvOf(results: readonly Result[]): string {
  const rows = results.flatMap((result): Readonly<Record<string, unknown>>[] => {
    const classes = result.classes as Report['classes'];
    if (classes) return classes.map(({ name, ...own }) => ({ ...result, ...own, class: name }));
    const prompts = result.prompts as readonly { readonly prompt: string }[] | undefined;
    return [{ ...result, ...(prompts && { prompt: prompts.map(({ prompt }) => prompt).join('; ') }) }];
  });
  const lines = rows.map((row) => Object.values(COLUMNS).map((read) => cell(read(row))));
  return [Object.keys(COLUMNS), ...lines].map((line) => `${line.map(String).join(',')}\n`).join('');
}

export interface Summary {
  readonly done: number;
  readonly failed: number;
  readonly pending: number;
  readonly results: readonly Result[];
}

/** The report of a run, and the counts of its results. */
export interface RunReport extends Summary {
  readonly text: string;
}

/** Collects the reports of all inputs of a run, of every shard. */
async function collect(out: string, tasks: readonly Task[], requestOf: (task: Task) => Request): Promise<Summary> {
  const results: Result[] = [];
  for (const task of tasks) {
    const report = await readReport(out, task);
    results.push(resultOf(task, answers(report, requestOf(task)) ? report : undefined));
  }
  const count = (status: Result['status']) => results.filter((result) => result.status === status).length;
  return {
    done: count('done'),
    failed: count('failed'),
    pending: count('pending'),
    results: inOrderOfReview(results),
  };
}

/**
 * Writes `report.json` and `report.csv` of a run. Shards may do so at the same time: each looks again after it has written, so that the last
 * one to finish leaves a report of all.
 */
export async function writeSummary(
  out: string,
  tasks: readonly Task[],
  requestOf: (task: Task) => Request,
  settings: Readonly<Record<string, unknown>>,
  leftOut: readonly LeftOut[],
): Promise<RunReport> {
  let before: string | undefined;
  for (;;) {
    const summary = await collect(out, tasks, requestOf);
    const { results, ...counts } = summary;
    const text = `${JSON.stringify({ notice: NOTICE, ...settings, ...counts, results, leftOut }, null, 2)}\n`;
    if (text === before) return { ...summary, text };
    await writeFileAtomically(join(out, 'report.json'), text);
    await writeFileAtomically(join(out, 'report.csv'), csvOf(results));
    before = text;
  }
}
