// What an experiment computes: models with their tests, and which of their scores make up each figure of its tables.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { closestMatch } from '@medclipseg/weights';
import { UsageError } from '../../errors.ts';
import { readSettings } from '../../settings/read.ts';
import type { Settings } from '../../settings/schema.ts';
import {
  DATASET_SETS,
  DATASETS_TO_LEARN,
  type ExperimentName,
  GROUPS,
  type Group,
  PROTOCOLS,
  type Protocol,
  PUBLISHED_SETTINGS,
  RELEASED_SEED,
  type Variant,
} from './protocols.ts';
import { type ModelRef, modelName, type TableSpec, tablesOf } from './table-specs.ts';

/** One test set with one design of its prompts. */
export interface TestItem {
  readonly dataset: string;
  readonly design: string;
}

/** A model with all its tests: the unit that one process works on. */
export interface Item {
  /** Names its folders and files. */
  readonly id: string;
  /** The dataset that it is trained on. */
  readonly dataset: string;
  /** How it is trained; a released checkpoint has none. */
  readonly settings?: Settings;
  /** A released checkpoint, as `predict --model` names it. */
  readonly model?: string;
  /** On the model hub. */
  readonly revision?: string;
  /** Of the noise of the tests. */
  readonly seed: number;
  readonly samples: number;
  /** Of everything above; scores of an item with another one are refused. */
  readonly digest: string;
  readonly tests: readonly TestItem[];
}

/** An item with its digest. */
export function itemOf({ tests, ...identity }: Omit<Item, 'digest'>): Item {
  return { ...identity, digest: createHash('sha256').update(JSON.stringify(identity)).digest('hex'), tests };
}

/** Everything that results depend on; the same call gives the same plan, on every machine. */
export interface Plan {
  readonly format: 'medclipseg-experiment-1';
  readonly experiment: ExperimentName;
  readonly title: string;
  /** How it differs from the published protocol; nothing if it does not. */
  readonly differences: readonly string[];
  readonly items: readonly Item[];
  /** Why figures cannot be computed, by models and datasets that are not here. */
  readonly absent?: Readonly<Record<string, string>>;
  readonly tables: readonly TableSpec[];
}

export interface PlanOptions {
  readonly config: string;
  readonly set: readonly string[];
  readonly datasets?: readonly string[];
  readonly groups?: readonly Group[];
  readonly percentages?: readonly number[];
  readonly seeds: readonly number[];
  readonly designs?: readonly string[];
  readonly variants?: readonly string[];
  /** Encoder files by family, in place of the published places. */
  readonly encoders?: Readonly<Record<string, string>>;
  readonly onNotice: (text: string) => void;
}

/** The entries of a list that were asked for. Throws `UsageError` for others. */
export function chosen<T extends string | number>(flag: string, all: readonly T[], asked?: readonly T[]): readonly T[] {
  for (const each of asked ?? [])
    if (!all.includes(each)) {
      const meant = closestMatch(`${each}`, all.map(String));
      const remedy = meant === undefined ? 'Choose from them.' : `Did you mean '${meant}'?`;
      throw new UsageError(flag, all.join(', '), `'${each}'`, remedy);
    }
  return asked === undefined ? all : all.filter((each) => asked.includes(each));
}

/** Overrides of a variant; encoders from the files that were named in place of the published ones. */
function setsOf(name: string, { sets = [] }: Variant, { encoders = {} }: PlanOptions): readonly string[] {
  const file = encoders[name];
  if (file === undefined) return sets;
  return [`MODEL.ENCODERS=${file}`, ...sets.filter((set) => !/^MODEL\.(ENCODERS|TOKENIZER)=/.test(set))];
}

interface Axes {
  readonly groups: readonly Group[];
  readonly percentages: readonly number[];
  readonly designs: readonly string[];
  readonly variants: Readonly<Record<string, Variant>>;
  readonly seeds: readonly number[];
}

function axesOf({ over, percentages, designs, variants }: Protocol, options: PlanOptions): Axes {
  const sources = options.datasets ?? DATASETS_TO_LEARN;
  const names = chosen('--variants', Object.keys(variants), options.variants);
  return {
    groups: over === 'groups' ? (options.groups ?? GROUPS) : sources.map((source) => ({ source, targets: [] })),
    percentages: chosen('--percentages', percentages, options.percentages),
    designs: chosen('--designs', designs as readonly string[], options.designs),
    variants: Object.fromEntries(names.map((name) => [name, variants[name] as Variant])),
    seeds: options.seeds,
  };
}

const namesOf = (groups: readonly Group[]) => groups.map(({ source, targets }) => [source, ...targets].join('+'));

function differencesOf(protocol: Protocol, { groups, seeds }: Axes, { config, set }: PlanOptions): string[] {
  const published =
    protocol.over === 'groups' ? GROUPS : DATASETS_TO_LEARN.map((source) => ({ source, targets: [] as string[] }));
  const found: string[] = [];
  if (!isDeepStrictEqual(groups, published))
    found.push(`datasets ${namesOf(groups).join(', ')}, published ${namesOf(published).join(', ')}`);
  if (config !== PUBLISHED_SETTINGS)
    found.push(`settings ${config.replace(/^.*[\\/]/, '')}, published ${PUBLISHED_SETTINGS}`);
  if (set.length > 0) found.push(set.join(', '));
  if (!isDeepStrictEqual(seeds, [RELEASED_SEED])) found.push(`seeds ${seeds.join(', ')}, published ${RELEASED_SEED}`);
  return found;
}

/** The plan of an experiment that trains its models. */
export async function planOf(experiment: keyof typeof PROTOCOLS, options: PlanOptions): Promise<Plan> {
  const protocol: Protocol = PROTOCOLS[experiment];
  const axes = axesOf(protocol, options);
  const items: Item[] = [];
  const ids = new Map<string, string>();
  const once = new Set<string>();
  const onNotice = (text: string) => {
    if (!once.has(text)) options.onNotice(text);
    once.add(text);
  };
  for (const { source, targets } of axes.groups)
    for (const percentage of axes.percentages)
      for (const seed of axes.seeds) {
        const published = options.config === PUBLISHED_SETTINGS ? DATASET_SETS[source] : undefined;
        const own = [
          ...(published ?? []),
          ...options.set,
          `NAME=${source}`,
          `SEED=${seed}`,
          `TRAIN.DATA_PERCENTAGE=${percentage}`,
        ];
        const plain = await readSettings(options.config, own, onNotice);
        for (const [name, variant] of Object.entries(axes.variants)) {
          if (!variant.sets) continue;
          const settings = await readSettings(options.config, [...own, ...setsOf(name, variant, options)], onNotice);
          const ref: ModelRef = { source, percentage, seed, variant: name };
          // A variant that is the model of the settings shares its training with other experiments in the folder.
          const id = modelName(isDeepStrictEqual(settings, plain) ? { ...ref, variant: '' } : ref);
          ids.set(modelName(ref), id);
          const tests = [source, ...targets].flatMap((dataset) => axes.designs.map((design) => ({ dataset, design })));
          items.push(itemOf({ id, dataset: source, settings, seed, samples: settings.TEST.NUM_SAMPLES, tests }));
        }
      }
  const { title } = protocol;
  const differences = differencesOf(protocol, axes, options);
  const tables = tablesOf(experiment, axes, (ref) => ids.get(modelName(ref)));
  return { format: 'medclipseg-experiment-1', experiment, title, differences, items, tables };
}
