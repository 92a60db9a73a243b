// medclipseg experiment: plans, works and writes tables.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASETS } from '@medclipseg/datasets';
import { type BackendFlag, type CommandContext, shardOf, wholeNumber } from '../../command.ts';
import { EXIT, UsageError } from '../../errors.ts';
import { useBackend } from '../../open-model.ts';
import { keepPlan } from './files.ts';
import { type Plan, planOf } from './plan.ts';
import type { Group, TrainedExperiment } from './protocols.ts';
import { writeTables } from './tables.ts';
import { work } from './work.ts';

export interface RunFlags extends BackendFlag {
  readonly data: string;
  readonly out: string;
  readonly plan?: boolean;
  readonly shard?: string;
  readonly samples?: string;
  readonly offline?: boolean;
  readonly cache?: string;
}

export interface ExperimentFlags extends RunFlags {
  readonly config: string;
  readonly set: readonly string[];
  readonly seeds: string;
  readonly datasets?: readonly string[];
  readonly group?: readonly string[];
  readonly percentages?: readonly string[];
  readonly designs?: readonly string[];
  readonly variants?: readonly string[];
  readonly encoders?: readonly string[];
}

const notice = (text: string) => process.stderr.write(`${text}\n`);

/** Reads `Kvasir:ColonDB,BKAI`. */
function groupOf(text: string): Group {
  const [source = '', targets = '', ...rest] = text.split(':').map((part) => part.trim());
  if (source === '' || rest.length > 0)
    throw new UsageError('--group', 'SOURCE:TARGET,TARGET', `'${text}'`, 'Write for example Kvasir:ColonDB,BKAI.');
  return { source, targets: targets === '' ? [] : targets.split(',').map((target) => target.trim()) };
}

function encodersOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, family, file] = /^(\w+)=(.+)$/.exec(pair) ?? [];
      if (family === undefined || file === undefined)
        throw new UsageError('--encoders', 'FAMILY=FILE', `'${pair}'`, 'Write for example clip=clip.safetensors.');
      return [family, file];
    }),
  );
}

/** Names become folders. */
function checkNames(flag: string, names: readonly string[]): void {
  for (const name of names)
    if (!/^\w[\w.-]*$/.test(name))
      throw new UsageError(flag, 'names of folders in --data', `'${name}'`, 'Use letters, digits, - and _.');
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new UsageError(flag, 'each name once', `'${twice}' twice`, 'Leave one out.');
}

const wholeNumbers = (flag: string, texts: readonly string[]) => texts.map((text) => wholeNumber(flag, text.trim()));

/** Refuses a run for which datasets are missing, before anything is computed. */
async function checkDatasets(plan: Plan, data: string): Promise<void> {
  const names = new Set(plan.items.flatMap(({ dataset, tests }) => [dataset, ...tests.map((test) => test.dataset)]));
  const missing: string[] = [];
  for (const name of names)
    if (!(await stat(join(data, name)).catch(() => undefined))?.isDirectory()) missing.push(name);
  if (missing.length === 0) return;
  const published = missing.filter((name) => Object.hasOwn(DATASETS, name));
  throw new UsageError(
    data,
    `the datasets ${[...names].join(', ')}`,
    `none for ${missing.join(', ')}`,
    `${published.length > 0 ? `Get them with medclipseg dataset download ${published.join(' ')} --out ${data}, or choose` : 'Choose'} others with --datasets or --group.`,
  );
}

async function planFor(name: TrainedExperiment, flags: ExperimentFlags): Promise<Plan> {
  const { datasets, group = [], samples, percentages } = flags;
  const groups = group.length > 0 ? group.map(groupOf) : undefined;
  checkNames('--datasets', datasets ?? []);
  for (const { source, targets } of groups ?? []) checkNames('--group', [source, ...targets]);
  checkNames(
    '--group',
    (groups ?? []).map(({ source }) => source),
  );
  const set = samples === undefined ? [] : [`TEST.NUM_SAMPLES=${wholeNumber('--samples', samples)}`];
  return planOf(name, {
    config: flags.config,
    set: [...flags.set, ...set],
    datasets,
    groups,
    percentages: percentages && wholeNumbers('--percentages', percentages),
    seeds: [...new Set(wholeNumbers('--seeds', flags.seeds.split(',')))],
    designs: flags.designs,
    variants: flags.variants,
    encoders: encodersOf(flags.encoders ?? []),
    onNotice: notice,
  });
}

/** A signal that the first SIGTERM of a cluster aborts as well. */
function untilTerminated(signal: AbortSignal): { signal: AbortSignal; release: () => void } {
  const control = new AbortController();
  const stop = () => control.abort(new DOMException('terminated', 'AbortError'));
  process.once('SIGTERM', stop);
  return { signal: AbortSignal.any([signal, control.signal]), release: () => process.off('SIGTERM', stop) };
}

/** Computes what is missing of a plan, then writes its tables. */
export async function runPlan(plan: Plan, flags: RunFlags, context: CommandContext): Promise<void> {
  const { out, data, cache, offline } = flags;
  const shard = flags.shard === undefined ? { index: 0, count: 1 } : shardOf(flags.shard);
  const { signal, release } = untilTerminated(context.signal);
  try {
    await keepPlan(out, plan);
    await useBackend(flags);
    const failed = await work(plan, { out, data, shard, cache, offline, signal, onNotice: notice });
    if (shard.count === 1) process.stdout.write(await writeTables(out, plan));
    else notice(`medclipseg merge ${out} writes the tables once all shards are done`);
    for (const reason of Object.values(plan.absent ?? {})) notice(reason);
    if (failed.size === 0) return;
    notice(`${failed.size} of ${plan.items.length} failed:`);
    for (const [id, message] of failed) notice(`  ${id}: ${message}`);
    context.endWith(EXIT.failed);
  } finally {
    release();
  }
}

export async function experiment(name: TrainedExperiment, flags: ExperimentFlags, context: CommandContext) {
  const plan = await planFor(name, flags);
  await checkDatasets(plan, flags.data);
  if (flags.plan) {
    const { showPlan } = await import('./estimate.ts');
    await showPlan(plan, flags, context.signal);
  } else await runPlan(plan, flags, context);
}
