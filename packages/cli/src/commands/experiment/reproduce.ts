// experiment reproduce: the released checkpoints against the published numbers.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listHubFiles } from '@medclipseg/weights/hub/node';
import { hubModels } from 'medclipseg';
import { type CommandContext, wholeNumber } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { itemOf, type Plan } from './plan.ts';
import { DATASETS_TO_LEARN, GROUPS, PERCENTAGES, RELEASED_SEED } from './protocols.ts';
import { type RunFlags, runPlan } from './run.ts';
import {
  AVERAGES,
  datasetColumns,
  efficiencyFigures,
  HERE,
  OURS,
  type Part,
  percentColumns,
  publishedRows,
  shiftFigures,
  type TableSpec,
} from './table-specs.ts';

export interface ReproduceFlags extends RunFlags {
  readonly model: string;
  readonly revision?: string;
}

const DESIGN = 'original';

/** Name of a checkpoint in the repository. */
const releasedName = (dataset: string, percentage: number) =>
  percentage === 100 ? dataset : `${dataset}_${percentage}`;

const idOf = (dataset: string, percentage: number) => `${releasedName(dataset, percentage)}-released`;

function tables(): TableSpec[] {
  const part = (model: string, dataset: string): Part => ({ models: [model], dataset, design: DESIGN });
  const partOf = (dataset: string, percentage: number) => part(idOf(dataset, percentage), dataset);
  const efficiency = publishedRows('data-efficiency')[OURS];
  const shift = publishedRows('domain-generalization')[OURS];
  return [
    {
      title: `Data efficiency, mean over ${DATASETS_TO_LEARN.length} datasets`,
      columns: percentColumns(PERCENTAGES),
      rows: [
        { label: OURS, published: efficiency },
        { label: HERE, figures: efficiencyFigures(DATASETS_TO_LEARN, PERCENTAGES, partOf, efficiency) },
      ],
      plot: { kind: 'lines', columns: percentColumns(PERCENTAGES, ['DSC']) },
    },
    {
      title: 'Data efficiency, each dataset',
      columns: percentColumns(PERCENTAGES),
      rows: DATASETS_TO_LEARN.map((dataset) => ({
        label: dataset,
        figures: efficiencyFigures([dataset], PERCENTAGES, partOf),
      })),
    },
    {
      title: 'Domain generalization, DSC',
      columns: [...AVERAGES, ...datasetColumns(GROUPS)],
      rows: [
        { label: OURS, published: shift },
        {
          label: HERE,
          figures: shiftFigures(GROUPS, (source, dataset) => part(idOf(source, 100), dataset), shift),
        },
      ],
      plot: { kind: 'dots', columns: AVERAGES },
    },
  ];
}

/** The plan for the checkpoints that a repository has and the datasets that are here; what is absent is noted with the reason. */
async function planReproduction(flags: ReproduceFlags, signal: AbortSignal): Promise<Plan> {
  const { model: repo, revision, data, offline } = flags;
  const samples = wholeNumber('--samples', flags.samples ?? '30');
  const { files } = await listHubFiles({ repo, revision }, { signal, ...(offline && { offline }) });
  const names = new Set(
    hubModels(
      repo,
      files.map(({ path }) => path),
    ).map(({ name }) => name),
  );
  const absent: Record<string, string> = {};
  const datasets = new Set([...DATASETS_TO_LEARN, ...datasetColumns(GROUPS)]);
  for (const dataset of datasets)
    if (!(await stat(join(data, dataset)).catch(() => undefined))?.isDirectory())
      absent[dataset] = `no dataset ${dataset} in --data`;
  const items = DATASETS_TO_LEARN.flatMap((dataset) =>
    PERCENTAGES.flatMap((percentage) => {
      const [id, model] = [idOf(dataset, percentage), `${repo}/${releasedName(dataset, percentage)}`];
      if (!names.has(model)) {
        absent[id] = `no checkpoint ${model}`;
        return [];
      }
      const targets = percentage === 100 ? (GROUPS.find(({ source }) => source === dataset)?.targets ?? []) : [];
      const tests = [dataset, ...targets]
        .filter((name) => absent[name] === undefined)
        .map((name) => ({ dataset: name, design: DESIGN }));
      const item = itemOf({ id, dataset, model, revision, seed: RELEASED_SEED, samples, tests });
      return tests.length > 0 ? [item] : [];
    }),
  );
  if (items.length === 0)
    throw new UsageError(
      data,
      `a dataset that ${repo} has a checkpoint of`,
      'none',
      `Get one, for example with medclipseg dataset download Kvasir --out ${data}.`,
    );
  return {
    format: 'medclipseg-experiment-1',
    experiment: 'reproduce',
    title: `Released checkpoints of ${repo}`,
    differences: samples === 30 ? [] : [`${samples} samples, published 30`],
    items,
    absent,
    tables: tables(),
  };
}

export async function reproduce(flags: ReproduceFlags, context: CommandContext): Promise<void> {
  const plan = await planReproduction(flags, context.signal);
  if (flags.plan) {
    const { showPlan } = await import('./estimate.ts');
    await showPlan(plan, flags, context.signal);
  } else await runPlan(plan, flags, context);
}
