// Jobs: what to segment in each image, as JSON or as a sheet (.csv, .xlsx, .jsonl). The published prompt sheets are jobs, too.
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { readTable } from '@medclipseg/datasets/node';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { sliceRange } from '../../volumes.ts';
import { type Input, stemOf } from './inputs.ts';
import { checkRanges, nothingToSegment, type RangePrompt, type What } from './what.ts';

/** How one image is read and segmented, where it differs from the options of the call. All values as on the command line. */
export interface JobOptions {
  readonly page?: string;
  readonly volume?: string;
  readonly window?: string;
  readonly axis?: string;
  readonly slices?: string;
}

export interface Job extends JobOptions {
  /** The image as the file of jobs names it. */
  readonly image: string;
  /** The name of its results. */
  readonly name?: string;
  /** Absent if the prompt of the call is meant. */
  readonly what?: What;
}

const text = z.string().trim().min(1);
const textOrNumber = z.union([text, z.number().int().nonnegative().transform(String)]);
const OPTIONS = { page: textOrNumber, volume: textOrNumber, window: text, axis: text, slices: text };
const jobSchema = z
  .object({
    image: text,
    name: text,
    prompt: z.union([text, z.record(z.string(), text)]),
    classes: z.record(text, text),
    ...OPTIONS,
  })
  .partial()
  .required({ image: true })
  .strict();

const TITLES: Readonly<Record<string, string>> = {
  image: 'image',
  name: 'name',
  prompt: 'prompt',
  description: 'prompt',
  class: 'class',
  ...Object.fromEntries(Object.keys(OPTIONS).map((key) => [key, key])),
};
/** Columns of the published sheets that say nothing about what to segment. */
const IGNORED = ['ground truth', 'mask'];

const fault = (file: string, where: string, expected: string, got: string, remedy = 'Correct it.') =>
  new UsageError(`${file}, ${where}`, expected, got, remedy);

const rangesOf = (prompts: Readonly<Record<string, string>>): RangePrompt[] =>
  checkRanges(Object.entries(prompts).map(([slices, prompt]) => ({ ...sliceRange('prompt', slices), prompt })));

function parseJson(file: string, bytes: Uint8Array): Job[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new UsageError(file, 'a JSON list of jobs', `'${(cause as Error).message}'`, 'Correct the file.');
  }
  const list = z.array(z.unknown()).safeParse(value);
  if (!list.success)
    throw new UsageError(
      file,
      'a JSON list of jobs',
      'another value',
      'Write for example [{"image": "a.png", "prompt": "one small polyp"}].',
    );
  return list.data.map((entry, i) => {
    const parsed = jobSchema.safeParse(entry);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw fault(
        file,
        `job ${i + 1}`,
        'an image with a prompt or classes',
        `'${issue?.path.join('.')} ${issue?.message}'`.replace("' ", "'"),
      );
    }
    const { prompt, classes, ...rest } = parsed.data;
    if (prompt !== undefined && classes !== undefined)
      throw fault(file, `job ${i + 1}`, 'a prompt or classes', 'both', 'Keep one of them.');
    if (classes && Object.keys(classes).length === 0) throw fault(file, `job ${i + 1}`, 'one class or more', 'none');
    const what: What | undefined =
      classes !== undefined
        ? { classes }
        : typeof prompt === 'object'
          ? { ranges: rangesOf(prompt) }
          : prompt !== undefined
            ? { prompt }
            : undefined;
    return { ...rest, ...(what && { what }) };
  });
}

type Row = Readonly<Record<string, string>> & { readonly row: number };

/** Rows of a sheet by the names of their columns. */
async function readRows(file: string, onNotice: (text: string) => void): Promise<Row[]> {
  const [titles = [], ...cells] = await readTable(file);
  const names = titles.map((title) => String(title ?? '').trim());
  const keys = names.map((name) => TITLES[name.toLowerCase()]);
  names.forEach((name, i) => {
    if (keys[i] !== undefined || name === '' || IGNORED.includes(name.toLowerCase())) return;
    onNotice(`${file}: the column '${name}' is ignored. Known are ${Object.keys(TITLES).join(', ')}.`);
  });
  for (const key of new Set(keys))
    if (key !== undefined && keys.filter((other) => other === key).length > 1)
      throw fault(file, 'titles', `one column '${key}'`, 'several', 'Remove all but one.');
  if (!keys.includes('image'))
    throw fault(file, 'titles', `a column 'image'`, `'${names.join("', '")}'`, 'Name the column like that.');
  return cells.flatMap((line, i) => {
    const entries = keys.flatMap((key, k) => {
      const value = String(line[k] ?? '').trim();
      return key === undefined || value === '' ? [] : [[key, value]];
    });
    const row = { ...Object.fromEntries(entries), row: i + 2 } as unknown as Row;
    return row.image === undefined ? [] : [row];
  });
}

/** One job of the rows of an image: a row with a prompt, or rows of its classes, or rows of its slices. */
function jobOf(file: string, rows: readonly Row[]): Job {
  const [first] = rows as [Row];
  const at = `row ${first.row}`;
  const { image, name, page, volume, window, axis } = first;
  const job = {
    image: image as string,
    ...Object.fromEntries(
      Object.entries({ name, page, volume, window, axis }).filter(([, value]) => value !== undefined),
    ),
  };
  for (const key of ['page', 'volume', 'window', 'axis'] as const)
    for (const row of rows)
      if (row[key] !== first[key])
        throw fault(file, `row ${row.row}`, `the ${key} of row ${first.row}, of the same image`, `'${row[key] ?? ''}'`);
  if (rows.some((row) => row.class !== undefined)) {
    const classes: Record<string, string> = {};
    for (const row of rows) {
      if (row.class === undefined || row.prompt === undefined || Object.hasOwn(classes, row.class))
        throw fault(file, `row ${row.row}`, 'a class of its own with a prompt', `'${row.class ?? ''}'`);
      if (row.slices !== first.slices)
        throw fault(
          file,
          `row ${row.row}`,
          `the slices of row ${first.row}, of the same image`,
          `'${row.slices ?? ''}'`,
        );
      classes[row.class] = row.prompt;
    }
    return { ...job, what: { classes }, ...(first.slices && { slices: first.slices }) };
  }
  if (rows.length === 1) {
    const { prompt, slices } = first;
    return { ...job, ...(slices && { slices }), ...(prompt && { what: { prompt } }) };
  }
  const ranges = rows.map((row) => {
    if (row.slices === undefined || row.prompt === undefined)
      throw fault(
        file,
        `row ${row.row}`,
        `slices or a class for the second prompt of ${image}`,
        'none',
        'Or give each row a name for results of their own.',
      );
    return { ...sliceRange(`${file}, row ${row.row}`, row.slices), prompt: row.prompt };
  });
  if (ranges.length === 0) throw fault(file, at, 'a prompt', 'none');
  return { ...job, what: { ranges: checkRanges(ranges) } };
}

/** Reads a file of jobs. Throws `UsageError` or `DatasetError`. */
export async function readJobs(file: string, onNotice: (text: string) => void): Promise<Job[]> {
  let jobs: Job[];
  if (file.toLowerCase().endsWith('.json')) {
    const bytes = await readFile(file).catch((cause) => {
      throw new UsageError('--jobs', 'a file of jobs', `'${cause.message}'`, 'Correct the path.');
    });
    jobs = parseJson(file, bytes);
  } else {
    const groups = new Map<string, Row[]>();
    for (const row of await readRows(file, onNotice)) {
      const key = JSON.stringify([row.image, row.name]);
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    jobs = [...groups.values()].map((rows) => jobOf(file, rows));
  }
  if (jobs.length === 0) throw new UsageError(file, 'one job or more', 'none', 'Add a row for each image.');
  for (const { name } of jobs)
    if (name !== undefined && (isAbsolute(name) || name.split(/[\\/]/).includes('..') || /[\\:*?"<>|\0]/.test(name)))
      throw new UsageError(
        file,
        'names of results inside the output folder',
        `'${name}'`,
        'Use letters, digits, - and /.',
      );
  return jobs;
}

/** An input together with its job. */
export interface JobInput extends Input {
  readonly job: Job;
}

/** Finds inputs by how a job names them: a path, a name within the folders of the call, the end of a path, or any of these with another ending. */
function inputFinder(file: string, inputs: readonly Input[]): (image: string) => readonly Input[] {
  const plain = (path: string) => path.replaceAll('\\', '/').normalize('NFC');
  const known = inputs.map((input) => {
    const whole = plain(resolve(input.path));
    return { input, whole, stem: stemOf(whole), name: plain(input.name) };
  });
  return (image) => {
    const wanted = plain(image).replace(/^(\.\/)+/, '');
    const wantedStem = stemOf(wanted);
    const places = [resolve(image), resolve(dirname(file), image)].map(plain);
    const tests: ((entry: (typeof known)[number]) => boolean)[] = [
      ({ whole }) => places.includes(whole),
      ({ whole, name }) => name === wantedStem && whole.endsWith(`/${wanted}`),
      ({ whole }) => whole.endsWith(`/${wanted}`),
      ({ name }) => name === wantedStem,
      ({ stem }) => stem.endsWith(`/${wantedStem}`),
    ];
    for (const test of tests) {
      const found = known.filter(test);
      if (found.length > 0) return found.map(({ input }) => input);
    }
    return [];
  };
}

/**
 * The inputs that jobs name.
 *
 * @param file the file of jobs, for messages
 * @param inputs what the call names; the file itself where it names nothing: then images are relative to its folder
 */
export function matchJobs(file: string, jobs: readonly Job[], inputs: readonly Input[]): JobInput[] {
  const find = inputFinder(file, inputs);
  const names = new Set<string>();
  return jobs.map((job) => {
    const found = find(job.image);
    if (found.length !== 1)
      throw new UsageError(
        file,
        `one input '${job.image}'`,
        found.length === 0 ? 'none' : found.map(({ path }) => path).join(' and '),
        'Name a path that only one of the inputs has.',
      );
    const name = job.name?.replace(/^\.\//, '') ?? (found[0] as Input).name;
    if (names.has(name.toLowerCase()))
      throw new UsageError(file, 'results with names of their own', `'${name}' twice`, 'Give each job a name.');
    names.add(name.toLowerCase());
    return { ...(found[0] as Input), name, job };
  });
}

/** The paths that jobs name themselves, where the call names no inputs. */
export const jobPaths = (file: string, jobs: readonly Job[]): string[] => [
  ...new Set(jobs.map(({ image }) => (isAbsolute(image) ? image : join(dirname(file), image)))),
];

/** What a job asks for, or else the call. Throws `UsageError` if neither says. */
export function whatOfJob({ job, path }: JobInput, given: What | undefined): What {
  const what = job.what ?? given;
  if (!what) throw nothingToSegment(`the prompt of ${basename(path)}`);
  return what;
}
