// Which scores make up each figure of a table.
import { PROMPT_DESIGNS } from '@medclipseg/datasets/node';
import type { Group, TrainedExperiment, Variant } from './protocols.ts';
import published from './published.json' with { type: 'json' };

export interface ModelRef {
  readonly source: string;
  readonly percentage: number;
  readonly seed: number;
  /** Empty for the model of the settings. */
  readonly variant: string;
}

/** `Kvasir-25-seed666`, `Kvasir-100-seed666-gating`. */
export const modelName = ({ source, percentage, seed, variant }: ModelRef): string =>
  [source, percentage, `seed${seed}`, ...(variant === '' ? [] : [variant])].join('-');

/** One test set: the models of all seeds, tested on it. */
export interface Part {
  readonly models: readonly string[];
  readonly dataset: string;
  readonly design: string;
}

export type ScoreKind = 'DSC' | 'NSD';

/** A figure that is measured: the mean over test sets, or the harmonic mean of two such means. */
export interface FigureSpec {
  readonly score: ScoreKind;
  readonly parts: readonly Part[];
  readonly harmonicWith?: readonly Part[];
  /** The same figure as published. */
  readonly published?: number;
}

export interface RowSpec {
  readonly label: string;
  /** Measured figures by column; absent from a row of published numbers. */
  readonly figures?: Readonly<Record<string, FigureSpec>>;
  /** Published numbers by column. */
  readonly published?: Readonly<Record<string, number>>;
}

export interface TableSpec {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly RowSpec[];
  /** How it is drawn: lines over percentages, or dots for each row. */
  readonly plot?: { readonly kind: 'lines' | 'dots'; readonly columns: readonly string[] };
}

export interface TableAxes {
  readonly groups: readonly Group[];
  readonly percentages: readonly number[];
  readonly designs: readonly string[];
  readonly variants: Readonly<Record<string, Variant>>;
  readonly seeds: readonly number[];
}

type Published = Readonly<Record<string, Readonly<Record<string, number>>>>;

export const publishedRows = (experiment: TrainedExperiment): Published => published[experiment];

export const OURS = 'MedCLIPSeg';
export const HERE = 'MedCLIPSeg, here';

/** Rows of the published numbers of all methods. */
const methods = (experiment: TrainedExperiment): RowSpec[] =>
  Object.entries(publishedRows(experiment)).map(([label, numbers]) => ({ label, published: numbers }));

const SCORES: readonly ScoreKind[] = ['DSC', 'NSD'];

export const percentColumns = (percentages: readonly number[], scores: readonly ScoreKind[] = SCORES): string[] =>
  percentages.flatMap((percentage) => scores.map((score) => `${percentage} % ${score}`));

/** DSC and NSD at each percentage, as means over datasets. @param partOf a dataset at a percentage @param numbers published, by column */
export const efficiencyFigures = (
  datasets: readonly string[],
  percentages: readonly number[],
  partOf: (dataset: string, percentage: number) => Part,
  numbers: Readonly<Record<string, number>> = {},
): Readonly<Record<string, FigureSpec>> =>
  Object.fromEntries(
    percentages.flatMap((percentage) =>
      SCORES.map((score) => {
        const column = `${percentage} % ${score}`;
        const parts = datasets.map((dataset) => partOf(dataset, percentage));
        return [column, { score, parts, published: numbers[column] }] as const;
      }),
    ),
  );

/** Mean over the datasets, next to the published methods, and each dataset. */
function efficiencyTables(
  datasets: readonly string[],
  percentages: readonly number[],
  partOf: (dataset: string, percentage: number) => Part,
): TableSpec[] {
  const columns = percentColumns(percentages);
  const figures = efficiencyFigures(datasets, percentages, partOf, publishedRows('data-efficiency')[OURS]);
  const means: TableSpec = {
    title: `Mean over ${datasets.length === 1 ? datasets[0] : `${datasets.length} datasets`}`,
    columns,
    rows: [...methods('data-efficiency'), { label: HERE, figures }],
    plot: { kind: 'lines', columns: percentColumns(percentages, ['DSC']) },
  };
  const rows = datasets.map((dataset) => ({
    label: dataset,
    figures: efficiencyFigures([dataset], percentages, partOf),
  }));
  return datasets.length === 1 ? [means] : [means, { title: 'Each dataset', columns, rows }];
}

/** ID, OOD and their harmonic mean, and each dataset. */
export function shiftFigures(
  groups: readonly Group[],
  partOf: (source: string, dataset: string) => Part,
  numbers: Readonly<Record<string, number>> = {},
): Readonly<Record<string, FigureSpec>> {
  const id = groups.map(({ source }) => partOf(source, source));
  const ood = groups.flatMap(({ source, targets }) => targets.map((target) => partOf(source, target)));
  const figure = (column: string, parts: readonly Part[], harmonicWith?: readonly Part[]) =>
    parts.length === 0
      ? []
      : [[column, { score: 'DSC', parts, harmonicWith, published: numbers[column] } satisfies FigureSpec] as const];
  return Object.fromEntries([
    ...figure('ID', id),
    ...figure('OOD', ood),
    ...(ood.length > 0 ? figure('HM', id, ood) : []),
    ...[...id, ...ood].flatMap((part) => figure(part.dataset, [part])),
  ]);
}

export const AVERAGES = ['ID', 'OOD', 'HM'];

export const datasetColumns = (groups: readonly Group[]): string[] =>
  groups.flatMap(({ source, targets }) => [source, ...targets]);

/** Rows of designs or variants: the published numbers of each, and those measured here. */
function shiftRows(experiment: TrainedExperiment, axes: TableAxes, nameOf: NameOf): RowSpec[] {
  const { groups, designs, variants, seeds, percentages } = axes;
  const byDesign = experiment === 'prompt-designs';
  return designs.flatMap((design) =>
    Object.entries(variants).flatMap(([variant, { title, sets }]): RowSpec[] => {
      const numbers = publishedRows(experiment)[byDesign ? design : variant];
      const label = byDesign ? design.replaceAll('_', ' ') : title;
      const partOf = (source: string, dataset: string): Part => ({
        models: seeds.flatMap((seed) => nameOf({ source, percentage: percentages[0] as number, seed, variant }) ?? []),
        dataset,
        design,
      });
      return [
        ...(numbers ? [{ label, published: numbers }] : []),
        ...(sets ? [{ label: `${label}, here`, figures: shiftFigures(groups, partOf, numbers) }] : []),
      ];
    }),
  );
}

/** The name under which a model of the plan is stored. */
type NameOf = (ref: ModelRef) => string | undefined;

export function tablesOf(experiment: TrainedExperiment, axes: TableAxes, nameOf: NameOf): TableSpec[] {
  const { groups, percentages, seeds } = axes;
  const models = (source: string, percentage: number) =>
    seeds.flatMap((seed) => nameOf({ source, percentage, seed, variant: 'full' }) ?? []);
  const [design] = PROMPT_DESIGNS;
  if (experiment === 'data-efficiency')
    return efficiencyTables(
      groups.map(({ source }) => source),
      percentages,
      (dataset, percentage) => ({ models: models(dataset, percentage), dataset, design }),
    );
  const averages = groups.some(({ targets }) => targets.length > 0) ? AVERAGES : AVERAGES.slice(0, 1);
  const plot = { kind: 'dots', columns: averages } as const;
  if (experiment === 'domain-generalization') {
    const partOf = (source: string, dataset: string): Part => ({ models: models(source, 100), dataset, design });
    const figures = shiftFigures(groups, partOf, publishedRows(experiment)[OURS]);
    const columns = [...averages, ...datasetColumns(groups)];
    return [{ title: 'DSC', columns, rows: [...methods(experiment), { label: HERE, figures }], plot }];
  }
  const rows = shiftRows(experiment, axes, nameOf);
  return [{ title: 'DSC', columns: [...averages, ...datasetColumns(groups)], rows, plot }];
}
