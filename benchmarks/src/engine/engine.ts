// What computes a model, compared: CPU time, peak memory, opening and training steps of each device, and of PyTorch for the same operations.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MedCLIPSeg, type ModelConfig } from 'medclipseg';
import { median } from '../measure.ts';
import type { Result } from '../result.ts';
import { FULL_SIZES } from './models.ts';
import type { Measured, Request, RunnerOptions } from './protocol.ts';

export const ENGINE_MODELS = ['mini', ...Object.keys(FULL_SIZES)];

export interface EngineOptions {
  readonly models: readonly string[];
  /** A Python with torch. */
  readonly python?: string;
}

/** Samples of one image, as published. */
const SAMPLES = 30;
/** Antithetic samples whose mean is closer to the limit than that of 30 plain ones: see the table in the README of medclipseg. */
const FEW_SAMPLES = 4;

const RUNNER = new URL('./runner.ts', import.meta.url);
const MAKE_MODEL = new URL('./make-model.ts', import.meta.url);
const EXPORT_INT8 = new URL('./export-int8.ts', import.meta.url);
const REFERENCE = new URL('../../torch/reference.py', import.meta.url);

/** A process that is measured. */
class Contestant {
  readonly #child;
  readonly #lines;
  readonly #errors: Buffer[] = [];
  opening: Measured | undefined;

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
  ) {
    // Threads of PyTorch that wait sleep, as those of ONNX Runtime do here: on a busy machine they would count as work.
    const env = { ...process.env, OMP_WAIT_POLICY: 'passive' };
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#child.stderr.on('data', (part: Buffer) => this.#errors.push(part));
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async #answer(): Promise<Measured> {
    const { value, done } = await this.#lines.next();
    if (!done) return JSON.parse(value) as Measured;
    throw new Error(`${this.name}: expected an answer, got the end of the process.\n${Buffer.concat(this.#errors)}`);
  }

  /** Waits until the model is ready. */
  async open(): Promise<this> {
    this.opening = await this.#answer();
    return this;
  }

  ask(request: Request): Promise<Measured> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#answer();
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'close');
  }
}

/** Medians, and what they are of. */
interface Figure extends Measured {
  readonly rounds?: readonly Measured[];
}

/** Medians of each contestant, measured alternately, in every other round from the last to the first. */
async function inTurns(
  contestants: readonly Contestant[],
  rounds: number,
  request: Request,
): Promise<Map<string, Figure>> {
  const all = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const each of round % 2 === 0 ? contestants : contestants.toReversed())
      all.get(each.name)?.push(await each.ask(request));
  const medianOf = (answers: readonly Measured[], key: keyof Measured) => median(answers.map((answer) => answer[key]));
  return new Map(
    [...all].map(([name, answers]) => [
      name,
      {
        wall: medianOf(answers, 'wall'),
        cpu: medianOf(answers, 'cpu'),
        peak: medianOf(answers, 'peak'),
        rounds: answers,
      },
    ]),
  );
}

const run = (script: URL, ...args: string[]) =>
  promisify(execFile)(process.execPath, [...process.execArgv, fileURLToPath(script), ...args]);

/** Opens one after the other, so that the openings do not disturb each other; native TensorFlow is left out where it is not installed. */
async function openAll(name: string, source: string, config: ModelConfig, folder: string, python?: string) {
  const int8 = join(folder, `${name}-int8`);
  await run(EXPORT_INT8, source, int8);
  const ours = (title: string, options: RunnerOptions) => () =>
    new Contestant(title, process.execPath, [...process.execArgv, fileURLToPath(RUNNER), JSON.stringify(options)]);
  const torch = (title: string, threads: number) => () =>
    new Contestant(title, python as string, [
      fileURLToPath(REFERENCE),
      ...[JSON.stringify(config), `${threads}`, name === 'mini' ? 'all' : 'adapters'],
    ]);
  const contestants: Contestant[] = [];
  for (const make of [
    ours('wasm', { model: source, device: 'wasm', threads: 1 }),
    ours('native', { model: source, device: 'node', threads: 1 }),
    ours('onnx', { model: source, device: 'onnx', threads: 1 }),
    ours('onnx, 2 threads', { model: source, device: 'onnx', threads: 2 }),
    ours('int8', { model: int8, device: 'int8', threads: 1 }),
    ...(python ? [torch('PyTorch', 1), torch('PyTorch, 2 threads', 2)] : []),
  ]) {
    const contestant = make();
    const isOptional = contestant.name === 'native';
    await contestant.open().then(
      () => contestants.push(contestant),
      async (error) => {
        await contestant.close();
        if (!isOptional || !String(error).includes('backends/')) throw error;
        process.stderr.write(`${contestant.name} is not installed: left out\n`);
      },
    );
  }
  return contestants;
}

type Figures = ReadonlyMap<string, Figure>;

const detailOf = (figures: Figures, value: (measured: Measured) => number): Record<string, number> =>
  Object.fromEntries([...figures].map(([name, measured]) => [name, Math.round(value(measured))]));

/** The ratios of the single rounds. */
function spreadOf(top: Figure, bottom: Figure, value: (measured: Measured) => number): Record<string, string> {
  const ratios = (top.rounds ?? []).flatMap((measured, i) => {
    const other = bottom.rounds?.[i];
    return other ? [value(measured) / value(other)] : [];
  });
  if (ratios.length < 2) return {};
  return { 'by round': `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}` };
}

/** Compares the devices on one model. */
async function compare(name: string, folder: string, python?: string): Promise<Result[]> {
  const isFull = name !== 'mini';
  const source = isFull ? join(folder, `${name}.safetensors`) : name;
  if (isFull) await run(MAKE_MODEL, name, source);
  const config = FULL_SIZES[name] ?? (await MedCLIPSeg.fromPretrained(name, { device: 'cpu' })).config;
  const contestants = await openAll(name, source, config, folder, python);
  const named = (...names: string[]) => contestants.filter((contestant) => names.includes(contestant.name));
  const results: Result[] = [];
  const add = (
    what: string,
    unit: string,
    figures: Figures,
    value: (measured: Measured) => number,
    [of, to]: readonly [string, string],
    atMost?: number,
  ) => {
    const [top, bottom] = [figures.get(of), figures.get(to)];
    if (!top || !bottom) return;
    const ratio = value(top) / value(bottom);
    process.stderr.write(`${name}: ${what}, ${unit}, ${of} / ${to}: ${ratio.toFixed(3)}\n`);
    results.push({
      suite: 'engine',
      name: `${name}: ${what}`,
      value: ratio,
      unit: `${unit}, ${of} / ${to}`,
      ...(atMost !== undefined && isFull && { bound: { atMost } }),
      detail: { ...detailOf(figures, value), ...spreadOf(top, bottom, value) },
    });
  };
  const cpu = (measured: Measured) => measured.cpu;
  const wall = (measured: Measured) => measured.wall;
  try {
    const rounds = isFull ? 5 : 15;
    const tfjs = contestants.filter(({ name: title }) => !title.startsWith('PyTorch'));
    await inTurns(contestants, 1, { run: 'forward', times: 1 });
    add('sample', 'CPU ms', await inTurns(tfjs, rounds, { run: 'sample', times: 1 }), cpu, ['onnx', 'wasm'], 0.3);
    const forward = await inTurns(contestants, rounds, { run: 'forward', times: 1 });
    add('forward pass', 'CPU ms', forward, cpu, ['onnx', 'wasm']);
    add('forward pass', 'CPU ms', forward, cpu, ['onnx', 'PyTorch'], 1);
    add('peak memory', 'MiB', forward, ({ peak }) => peak / 2 ** 20, ['onnx', 'wasm'], 0.6);
    const opening = new Map(contestants.map((each) => [each.name, each.opening as Measured]));
    add('opening and first sample', 'CPU ms', opening, cpu, ['onnx', 'wasm']);

    const threaded = named('onnx, 2 threads', 'PyTorch, 2 threads');
    const pair = ['onnx, 2 threads', 'PyTorch, 2 threads'] as const;
    await inTurns(threaded, 1, { run: 'image', samples: 2 });
    const plain = await inTurns(threaded, isFull ? 3 : 5, { run: 'image', samples: SAMPLES });
    add(`an image, ${SAMPLES} samples`, 'ms', plain, wall, pair, 0.65);
    add(`an image, ${SAMPLES} samples`, 'CPU ms', plain, cpu, pair);
    const few = await inTurns(named('onnx, 2 threads'), 3, { run: 'image', samples: FEW_SAMPLES, antithetic: true });
    const reference = plain.get('PyTorch, 2 threads');
    if (reference) few.set('PyTorch, 2 threads', reference);
    add(`an image, ${FEW_SAMPLES} antithetic samples`, 'ms', few, wall, pair, 0.1);
    add(`an image, ${FEW_SAMPLES} antithetic samples`, 'CPU ms', few, cpu, pair);

    const batch = isFull ? 2 : 8;
    const learners = named('wasm', 'native', 'onnx', 'PyTorch');
    // The first step traces and compiles.
    await inTurns(learners, 1, { run: 'step', batch });
    const steps = await inTurns(learners, isFull ? 2 : 3, { run: 'step', batch });
    add(`training step, ${batch} images`, 'CPU ms', steps, cpu, ['onnx', 'wasm']);
    add(`training step, ${batch} images`, 'CPU ms', steps, cpu, ['onnx', 'PyTorch']);
    return results;
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.close()));
  }
}

/** One model after the other: each opens up to seven processes, measured alternately. */
export async function engine({ models, python }: EngineOptions): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-engine-'));
  const results: Result[] = [];
  try {
    for (const name of models) results.push(...(await compare(name, folder, python)));
    return results;
  } finally {
    await rm(folder, { recursive: true });
  }
}
