// The figures of a table from the scores of images: means over test sets, with intervals over images and the spread over seeds.
import { seededRandom } from '@medclipseg/datasets';
import { publishedRound } from 'medclipseg/metrics';
import { readScores, type TestScores } from './files.ts';
import type { Plan } from './plan.ts';
import type { FigureSpec, Part, RowSpec, TableSpec } from './table-specs.ts';

/** A measured figure, in percent. */
export interface Measured {
  readonly value: number;
  /** 95 % interval over test images, by bootstrap within each test set. */
  readonly low: number;
  readonly high: number;
  /** Standard deviation over seeds; absent for one seed. */
  readonly deviation?: number;
  readonly seeds: number;
  readonly images: number;
}

export type Cell =
  | { readonly kind: 'measured'; readonly measured: Measured; readonly published?: number }
  | { readonly kind: 'published'; readonly published: number }
  /** No scores, and why. */
  | { readonly kind: 'missing'; readonly reason: string; readonly published?: number };

export interface Row {
  readonly label: string;
  readonly isMeasured: boolean;
  readonly cells: Readonly<Record<string, Cell>>;
}

export interface Table extends Pick<TableSpec, 'title' | 'columns' | 'plot'> {
  readonly rows: readonly Row[];
}

const RESAMPLES = 1000;

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
};

/** @param of the means of the test sets, those of the harmonic mean's other half after them */
function combine(of: readonly number[], first: number): number {
  const a = mean(of.slice(0, first));
  if (of.length === first) return a;
  const b = mean(of.slice(first));
  return a + b === 0 ? 0 : (2 * a * b) / (a + b);
}

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] as number;

/** @param sets scores of the images of each test set, by seed: [sets][seeds][images], 0 to 1 */
export function measure(sets: readonly (readonly (readonly number[])[])[], first: number): Measured {
  const seeds = (sets[0] as readonly unknown[]).length;
  const bySeed = Array.from({ length: seeds }, (_, seed) =>
    combine(
      sets.map((set) => mean(set[seed] as readonly number[])),
      first,
    ),
  );
  // An image counts with its mean over seeds, so that the interval is that over images.
  const averaged = sets.map((set) =>
    Float64Array.from(set[0] as readonly number[], (_, i) => mean(set.map((scores) => scores[i] as number))),
  );
  const random = seededRandom('interval');
  const resampled = Array.from({ length: RESAMPLES }, () =>
    combine(
      averaged.map((scores) => {
        let sum = 0;
        for (let i = 0; i < scores.length; i++) sum += scores[Math.floor(random() * scores.length)] as number;
        return sum / scores.length;
      }),
      first,
    ),
  ).sort((a, b) => a - b);
  const value = mean(bySeed);
  const squares = bySeed.reduce((sum, each) => sum + (each - value) ** 2, 0);
  return {
    value: 100 * value,
    low: 100 * quantile(resampled, 0.025),
    high: 100 * quantile(resampled, 0.975),
    ...(seeds > 1 && { deviation: 100 * Math.sqrt(squares / (seeds - 1)) }),
    seeds,
    images: averaged.reduce((sum, { length }) => sum + length, 0),
  };
}

/** Computes the tables of a plan from the scores in a folder. */
export async function measuredTables(folder: string, plan: Plan): Promise<Table[]> {
  const { absent = {} } = plan;
  const items = new Map(plan.items.map((item) => [item.id, item]));
  const read = new Map<string, Promise<TestScores | undefined>>();
  const scoresOf = (model: string, { dataset, design }: Part) => {
    const item = items.get(model);
    const key = [model, dataset, design].join('\n');
    const found = read.get(key) ?? (item ? readScores(folder, item, { dataset, design }) : Promise.resolve(undefined));
    read.set(key, found);
    return found;
  };
  const cellOf = async ({ score, parts, harmonicWith = [], published }: FigureSpec): Promise<Cell> => {
    const sets: number[][][] = [];
    for (const part of [...parts, ...harmonicWith]) {
      const set: number[][] = [];
      for (const model of part.models) {
        const scores = await scoresOf(model, part);
        if (!scores)
          return {
            kind: 'missing',
            reason: absent[model] ?? absent[part.dataset] ?? `no scores of ${model} on ${part.dataset}`,
            published,
          };
        set.push(scores.images.map((image) => publishedRound(score === 'DSC' ? image.dsc : image.nsd)));
      }
      if (set.length === 0) return { kind: 'missing', reason: `no model for ${part.dataset}`, published };
      sets.push(set);
    }
    return { kind: 'measured', measured: measure(sets, parts.length), published };
  };
  const rowOf = async ({ label, figures, published }: RowSpec): Promise<Row> => {
    const cells: Record<string, Cell> = {};
    for (const [column, number] of Object.entries(published ?? {}))
      cells[column] = { kind: 'published', published: number };
    for (const [column, figure] of Object.entries(figures ?? {})) cells[column] = await cellOf(figure);
    return { label, isMeasured: figures !== undefined, cells };
  };
  const tables: Table[] = [];
  for (const { rows, ...table } of plan.tables) {
    const measured: Row[] = [];
    for (const row of rows) measured.push(await rowOf(row));
    tables.push({ ...table, rows: measured });
  }
  return tables;
}
