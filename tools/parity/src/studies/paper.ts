// npm run cost:paper: what the experiments of the paper cost, from counted multiply-adds of this program and the rows of the published sheets.
import { selectBackend } from '@medclipseg/backends';
import { type FamilyName, families, tokenBatch } from '@medclipseg/clip-encoders';
import { DATASETS, type DatasetName, type Percentage } from '@medclipseg/datasets';
import { disposeParameters, noNoise, trainable, variablesOf } from '@medclipseg/nn';
import { countMultiplyAdds } from '@medclipseg/nn/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from 'medclipseg';
import { initializeModel, lossAndGradients, TRAINABLE_PARAMETERS } from 'medclipseg/internal';
import { publishedConfig, sampleCost } from '../cost.ts';

/** Sustained rates that the table assumes, in operations per second: an A100 at a quarter of its TF32 peak, and a core with AVX2. */
const GPU = 40e12;
const CORE = 40e9;
const SAMPLES = 30;
const PROMPT = 24;
const EPOCHS: Partial<Record<DatasetName, number>> = { EUS: 10 };

const clipText = {
  kind: 'clip',
  vocabulary: 100,
  context: 77,
  width: 512,
  layers: 12,
  heads: 8,
  mlpWidth: 2048,
  outputs: 512,
} as const;
const vision = { ...publishedConfig.vision };
const CONFIGS: Readonly<Record<FamilyName, ModelConfig>> = {
  unimedclip: publishedConfig,
  biomedclip: { ...publishedConfig, vision: { ...vision, ...families.biomedclip.vision } },
  clip: { ...publishedConfig, vision: { ...vision, ...families.clip.vision }, text: clipText },
  pubmedclip: { ...publishedConfig, vision: { ...vision, ...families.pubmedclip.vision, patch: 32 }, text: clipText },
};

interface Rates {
  /** Multiply-adds of a step for one image, of a validation, and of a test. */
  readonly step: number;
  readonly validation: number;
  readonly test: number;
  /** Numbers that learn. */
  readonly learning: number;
}

/** Counts one image of each kind. */
async function ratesOf(config: ModelConfig): Promise<Rates> {
  const parameters = trainable(initializeModel(config, 1), TRAINABLE_PARAMETERS);
  const variables = variablesOf(parameters);
  const size = config.vision.imageSize;
  const ids = new Int32Array(config.text.context).fill(1, 0, PROMPT);
  const [image, mask] = [tf.ones([1, size, size, 3]), tf.ones([1, size, size])];
  const prompts = tokenBatch([ids]);
  const counted = countMultiplyAdds(() =>
    lossAndGradients({ config, parameters }, { image, mask, prompts }, variables, { noise: noNoise }),
  );
  const { gradients } = await counted.value;
  tf.dispose([...gradients.values(), image, mask, prompts.ids]);
  const learning = [...variables.values()].reduce((sum, variable) => sum + variable.size, 0);
  disposeParameters(parameters);
  const { total, perSample, shared } = sampleCost(config, { tokens: PROMPT, samples: SAMPLES });
  return { step: counted.multiplyAdds, validation: shared + perSample, test: total, learning };
}

interface Work {
  models: number;
  step: number;
  validation: number;
  test: number;
}

const GROUPS: Readonly<Partial<Record<DatasetName, readonly DatasetName[]>>> = {
  BUSI: ['BUSBRA', 'BUSUC', 'BUID', 'UDIAT'],
  Kvasir: ['ColonDB', 'ClinicDB', 'CVC300', 'BKAI'],
  BTMRI: ['BRISC'],
  ISIC: ['UWaterlooSkinCancer'],
};
const SOURCES = Object.keys(GROUPS) as DatasetName[];
const LEARNED: readonly DatasetName[] = [...SOURCES, 'Covid19', 'EUS'];

const none = (): Work => ({ models: 0, step: 0, validation: 0, test: 0 });

function train(work: Work, dataset: DatasetName, percentage: Percentage): void {
  const { train: rows, val } = DATASETS[dataset];
  const epochs = EPOCHS[dataset] ?? 100;
  work.models += 1;
  work.step += epochs * (rows[percentage] ?? 0);
  work.validation += epochs * (val[percentage] ?? 0);
}

const testRows = (names: readonly DatasetName[]) => names.reduce((sum, name) => sum + DATASETS[name].test, 0);
const targets = testRows(SOURCES.flatMap((source) => GROUPS[source] ?? []));

/** Each experiment without what the ones before it have computed already. */
function works(): [string, FamilyName, Work][] {
  const efficiency = none();
  for (const percentage of [10, 25, 50, 100] as const)
    for (const dataset of LEARNED) {
      train(efficiency, dataset, percentage);
      efficiency.test += DATASETS[dataset].test;
    }
  const groups = (times: number) => {
    const work = none();
    for (let i = 0; i < times; i++) for (const source of SOURCES) train(work, source, 100);
    work.test = times * (testRows(SOURCES) + targets);
    return work;
  };
  return [
    ['data-efficiency', 'unimedclip', efficiency],
    ['domain-generalization, models of data-efficiency', 'unimedclip', { ...none(), test: targets }],
    ['prompt-designs, the same models', 'unimedclip', { ...none(), test: 4 * (testRows(SOURCES) + targets) }],
    ['clip-models, biomedclip', 'biomedclip', groups(1)],
    ['clip-models, clip', 'clip', groups(1)],
    ['clip-models, pubmedclip', 'pubmedclip', groups(1)],
    ['components, nine variants', 'unimedclip', groups(9)],
    ['reproduce', 'unimedclip', { ...none(), test: efficiency.test + targets }],
  ];
}

await selectBackend('wasm');
const rates = new Map<FamilyName, Rates>();
for (const [name, config] of Object.entries(CONFIGS) as [FamilyName, ModelConfig][]) {
  const found = await ratesOf(config);
  rates.set(name, found);
  const [step, test] = [found.step, found.test].map((count) => (count / 1e9).toFixed(1));
  process.stderr.write(
    `${name}: ${step} GMAC for a step of one image, ${test} GMAC for a test of ${SAMPLES} samples\n`,
  );
}
const lines: string[][] = [];
const sums = { models: 0, operations: 0, disk: 0 };
const row = (title: string, models: number, operations: number, disk: number) =>
  lines.push([
    title,
    `${models}`,
    (operations / 1e18).toFixed(operations < 1e19 ? 2 : 0),
    (operations / GPU / 3600).toFixed(1),
    Math.round(operations / CORE / 3600).toLocaleString('en'),
    (disk / 1e9).toFixed(1),
  ]);
for (const [title, family, work] of works()) {
  const { step, validation, test, learning } = rates.get(family) as Rates;
  const operations = 2 * (work.step * step + work.validation * validation + work.test * test);
  // Newest and best checkpoint: what learns, and two moments of it.
  const disk = work.models * 2 * 3 * 4 * learning;
  row(title, work.models, operations, disk);
  sums.models += work.models;
  sums.operations += operations;
  sums.disk += disk;
}
row('all', sums.models, sums.operations, sums.disk);
const head = ['experiment', 'models', 'operations (10^18)', 'GPU hours', 'CPU core hours', 'disk (GB)'];
for (const line of [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...lines])
  process.stdout.write(`| ${line.join(' | ')} |\n`);
