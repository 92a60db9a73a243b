// medclipseg merge: joins the scores of shards and writes the tables of their experiments.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';
import type { CommandContext } from '../../command.ts';
import { EXIT, UsageError } from '../../errors.ts';
import { keepPlan, openTests, pathsIn, readPlans, readText } from './files.ts';
import { writeTables } from './tables.ts';

/** Adds a file to a folder, or checks that the folder has the same one. */
async function add(from: string, to: string): Promise<void> {
  const [bytes, before] = [await readFile(from), await readFile(to).catch(() => undefined)];
  if (before === undefined) {
    await mkdir(dirname(to), { recursive: true });
    await writeFileAtomically(to, bytes);
  } else if (!before.equals(bytes))
    throw new UsageError(
      from,
      `the same scores as ${to}`,
      'others of the same model',
      'Compute all shards by the same version, settings, data and device.',
    );
}

export async function merge(
  folders: readonly string[],
  { out = folders.length === 1 ? folders[0] : undefined }: { readonly out?: string },
  context: CommandContext,
): Promise<void> {
  if (out === undefined)
    throw new UsageError('--out', 'a folder for the joined results', 'none', 'Give one, for example --out merged.');
  for (const folder of folders) {
    const plans = await readPlans(folder);
    if (folder === out) continue;
    for (const plan of plans) {
      await keepPlan(out, plan);
      for (const { id, tests } of plan.items)
        for (const test of tests) {
          context.signal.throwIfAborted();
          const path = pathsIn(folder).scores(id, test);
          if ((await readText(path)) !== undefined) await add(path, pathsIn(out).scores(id, test));
        }
    }
  }
  let open = 0;
  for (const plan of await readPlans(out)) {
    for (const item of plan.items) open += (await openTests(out, item)).length;
    process.stdout.write(`${await writeTables(out, plan)}\n`);
  }
  if (open === 0) return;
  process.stderr.write(`${open} tests have no scores yet; medclipseg experiment status ${out} lists them\n`);
  context.endWith(EXIT.failed);
}
