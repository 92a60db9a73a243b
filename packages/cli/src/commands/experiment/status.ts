// medclipseg experiment status: how far the experiments in a folder are.
import { stat } from 'node:fs/promises';
import { columns } from '../../scores/table.ts';
import { openTests, pathsIn, readPlans, readText } from './files.ts';
import type { Item } from './plan.ts';
import type { ItemProgress } from './work.ts';

interface ItemStatus {
  readonly id: string;
  readonly state: 'done' | 'running' | 'stopped' | 'failed' | 'open';
  readonly tests: number;
  readonly testsDone: number;
  readonly progress?: ItemProgress;
}

/** A claim without a sign of life for this long is no longer worked on, in milliseconds. */
const SILENT = 60_000;

async function statusOf(folder: string, item: Item): Promise<ItemStatus> {
  const paths = pathsIn(folder);
  const tests = item.tests.length;
  const testsDone = tests - (await openTests(folder, item)).length;
  const text = await readText(paths.progress(item.id));
  const progress = text === undefined ? undefined : (JSON.parse(text) as ItemProgress);
  const common = { id: item.id, tests, testsDone, ...(progress && { progress }) };
  if (testsDone === tests) return { ...common, state: 'done' };
  const claim = await stat(paths.claim(item.id)).catch(() => undefined);
  if (claim && Date.now() - claim.mtimeMs < SILENT) return { ...common, state: 'running' };
  if (!progress) return { ...common, state: 'open' };
  return { ...common, state: progress.stage === 'failed' ? 'failed' : 'stopped' };
}

const minutes = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;

function detailOf({ state, progress }: ItemStatus): string {
  if (!progress || state === 'done' || state === 'open') return '';
  const { stage, detail, done, total, secondsEach, host, process } = progress;
  if (state === 'failed') return detail;
  const left = secondsEach === undefined ? '' : `, ${minutes(secondsEach * (total - done))} left`;
  return `${stage} ${detail}: ${done}/${total}${state === 'running' ? `${left}, process ${process} on ${host}` : ''}`;
}

export async function status(folder: string, { json }: { readonly json?: boolean }): Promise<void> {
  const found: Record<string, ItemStatus[]> = {};
  for (const { experiment, items } of await readPlans(folder)) {
    const list: ItemStatus[] = [];
    for (const item of items) list.push(await statusOf(folder, item));
    found[experiment] = list;
  }
  if (json) return void process.stdout.write(`${JSON.stringify(found)}\n`);
  for (const [experiment, items] of Object.entries(found)) {
    const done = items.filter(({ state }) => state === 'done').length;
    const rows = items.map((item) => [item.id, item.state, `${item.testsDone}/${item.tests}`, detailOf(item)]);
    process.stdout.write(`${experiment}: ${done} of ${items.length} models done\n`);
    process.stdout.write(`${columns([['', 'state', 'tests', ''], ...rows])}\n`);
  }
}
