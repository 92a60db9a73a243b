// Experiments at toy size, run as a user runs them: plans, tables, shards, interruptions, and calls that do not fit.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toyExperiments } from '@medclipseg/testing/toy-experiments';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../train/small-training.ts';
import { call } from './fixtures/call.ts';
import { planOf } from './plan.ts';
import { PROTOCOLS } from './protocols.ts';

let toy: Awaited<ReturnType<typeof toyExperiments>>;
let whole: Record<'md' | 'csv' | 'html', string>;
const SMALL = ['--datasets', 'BUSI,Kvasir', '--percentages', '10,100'];
const efficiency = (out: string, ...more: string[]) => toy.args('data-efficiency', out, ...SMALL, ...more);

beforeAll(async () => {
  toy = await toyExperiments();
  const { code, err } = await call(efficiency('whole'));
  expect(code, err).toBe(0);
  whole = await toy.tables('whole', 'data-efficiency');
});
afterAll(() => toy.remove());

describe('data-efficiency', () => {
  it('ends in tables next to the published numbers, and says what makes them incomparable', () => {
    expect(whole.md).toContain('| UNet | 60.95 | 64.43 |');
    expect(whole.md).toMatch(/\| \*\*MedCLIPSeg, here\*\* \| \d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\) \|/);
    expect(whole.md).toContain('Not comparable with the published numbers: datasets BUSI, Kvasir, published BUSI, ');
    expect(whole.csv).toMatch(
      /^Mean over 2 datasets,"MedCLIPSeg, here",10 % DSC,81\.10,[\d.]+,[\d.]+,[\d.]+,,1,\d+,$/m,
    );
    expect(whole.html).toContain('<svg');
    expect(whole.html).not.toMatch(/<script|https?:\/\/(?!github)/);
  });

  it('repeated, computes nothing and gives the same bytes', async () => {
    const before = await readdir(toy.at('whole', 'models', 'Kvasir-100-seed666'));
    const { code, err } = await call(efficiency('whole'));
    expect(code, err).toBe(0);
    expect(err).not.toContain('begins');
    expect(await readdir(toy.at('whole', 'models', 'Kvasir-100-seed666'))).toEqual(before);
    expect(await toy.tables('whole', 'data-efficiency')).toEqual(whole);
  });

  it('in shards into folders of their own, merged, gives the same bytes', async () => {
    const tensors = tf.memory().numTensors;
    for (const [i, shard] of ['1/2', '2/2'].entries()) {
      const { code, err } = await call(efficiency(`part-${i}`, '--shard', shard));
      expect(code, err).toBe(0);
    }
    expect(tf.memory().numTensors, 'tensors left by models').toBe(tensors);
    const parts = [toy.at('part-0'), toy.at('part-1')];
    const half = await call(['merge', parts[0] as string, '--out', toy.at('half')]);
    expect(half.code).toBe(1);
    expect(half.err).toContain('2 tests have no scores yet');
    expect((await toy.tables('half', 'data-efficiency')).md).toMatch(/here\*\* .* \| – \| – \|$/m);
    const both = await call(['merge', ...parts, '--out', toy.at('merged')]);
    expect(both.code, both.err).toBe(0);
    expect(await toy.tables('merged', 'data-efficiency')).toEqual(whole);
    const scores = join(parts[1] as string, 'scores');
    const [model] = await readdir(scores);
    const [file] = await readdir(join(scores, model as string));
    const path = join(scores, model as string, file as string);
    await writeFile(path, (await readFile(path, 'utf8')).replace(/"dsc": /, '"dsc": 1'));
    const other = await call(['merge', ...parts, '--out', toy.at('merged')]);
    expect(other.code).toBe(2);
    expect(other.err).toContain('Compute all shards by the same version, settings, data and device.');
  });

  it('run twice at once into one folder, killed and interrupted, gives the same bytes', async () => {
    const once = (signal: NodeJS.Signals, when: RegExp) => {
      let sent = false;
      return run(efficiency('shared'), {
        onNotice: (text, stop) => {
          if (!sent && when.test(text)) stop(signal);
          sent ||= when.test(text);
        },
      });
    };
    expect((await once('SIGKILL', /BUSI-100-seed666: \d+ parameters|BUSI-100-seed666: .* learn/)).code).toBe(null);
    const status = await run(['experiment', 'status', toy.at('shared')]);
    expect(status.out).toMatch(/data-efficiency: 1 of 4 models done/);
    expect((await once('SIGTERM', /BUSI-100-seed666: done/)).code).toBe(130);
    const both = await Promise.all([1, 2].map(() => run(efficiency('shared'))));
    for (const { code, err } of both) expect(code, err).toBe(0);
    const begun = both.flatMap(({ err }) => err.match(/\S+: begins/g) ?? []);
    expect(begun.length).toBe(new Set(begun).size);
    expect(await toy.tables('shared', 'data-efficiency')).toEqual(whole);
  });

  it('plans with an estimate of time, and computes nothing', async () => {
    const { code, err, out } = await call(efficiency('planned', '--plan', '--percentages', '100'));
    expect(code, err).toBe(0);
    expect(out).toMatch(/Kvasir-100-seed666 +6 +\d+ +2 +\d+ s/);
    expect(out).toMatch(/about \d+ s on this machine/);
    expect(out).toContain('not as published: settings toy.yaml');
    expect(await readdir(toy.folder)).not.toContain('planned');
  });
});

describe('the other experiments, into one folder', () => {
  const GROUPS = ['--group', 'Kvasir:ColonDB'];
  const done = async (name: string, ...more: string[]) => {
    const { code, err } = await call(toy.args(name, 'rest', ...GROUPS, ...more));
    expect(code, err).toBe(0);
    return { ...(await toy.tables('rest', name)), trained: err.match(/\S+(?=: begins)/g) ?? [] };
  };
  const MEASURED = String.raw`\d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\)`;
  const measuredRow = (label: string) => new RegExp(`\\| \\*\\*${label}\\*\\*( \\| ${MEASURED}){5} \\|`);

  it('domain-generalization has ID, OOD and their harmonic mean', async () => {
    const { md, csv, trained } = await done('domain-generalization', '--seeds', '666,667');
    expect(trained).toEqual(['Kvasir-100-seed666', 'Kvasir-100-seed667']);
    expect(md).toContain('| SAN | 84.45 | 69.87 | 76.47 |');
    const [id, ood, hm] = ['ID', 'OOD', 'HM'].map((column) =>
      Number(new RegExp(`here",${column},[\\d.]+,([\\d.]+),`).exec(csv)?.[1]),
    ) as [number, number, number];
    expect(id * ood).toBeGreaterThan(0);
    expect(hm).toBeGreaterThanOrEqual(Math.min(id, ood) * 0.9);
    expect(hm).toBeLessThanOrEqual(Math.max(id, ood));
    expect(md).toMatch(/± \d/);
  });

  it('prompt-designs tests the same models with five designs, and trains none again', async () => {
    const { md, html, trained } = await done('prompt-designs');
    expect(trained).toEqual(['Kvasir-100-seed666']);
    for (const design of ['original', 'missing location', 'overdescriptive', 'contradictory', 'underdescriptive'])
      expect(md).toMatch(measuredRow(`${design}, here`));
    expect(md).toContain('| contradictory | 68.60 | 63.21 | 65.79 |');
    expect(html.match(/<svg/g)).toHaveLength(3);
  });

  it('components leaves out each part; what is not described is only shown as published', async () => {
    const { md, trained } = await done('components');
    // The complete model is that of the experiments before.
    expect(trained).toHaveLength(9);
    for (const label of [
      'MedCLIPSeg',
      'without PVL adapters',
      'deterministic',
      'one direction',
      'hard contrastive targets',
    ])
      expect(md).toMatch(measuredRow(`${label}, here`));
    expect(md).toContain('| without PVL attention | 86.21 | 74.13 | 79.71 |');
    expect(md).not.toContain('without PVL attention, here');
  });

  it('clip-models trains on four families of encoders', async () => {
    const file = (model: string) => toy.at('whole', 'models', model, 'latest.safetensors');
    const config = toy.at('frozen.yaml');
    await writeFile(
      config,
      `NAME: toy\nMODEL: { ENCODERS: ${file('BUSI-10-seed666')}, ADAPTER_DIM: 8, LAYERS: [1] }\nTRAIN: { BATCH_SIZE: 4, NUM_EPOCHS: 1, DICE: region }\nTEST: { NUM_SAMPLES: 2 }\n`,
    );
    const families = { unimedclip: 'BUSI-10', biomedclip: 'BUSI-100', clip: 'Kvasir-10', pubmedclip: 'Kvasir-100' };
    const { code, err } = await call([
      ...toy.args('clip-models', 'families', ...GROUPS, '--config', config),
      ...Object.entries(families).flatMap(([family, model]) => ['--encoders', `${family}=${file(`${model}-seed666`)}`]),
    ]);
    expect(code, err).toBe(0);
    const { md } = await toy.tables('families', 'clip-models');
    for (const title of ['UniMedCLIP', 'BiomedCLIP', 'CLIP', 'PubMedCLIP'])
      expect(md).toMatch(measuredRow(`${title}, here`));
  });
});

describe('the published plans', () => {
  const published = (name: keyof typeof PROTOCOLS) =>
    planOf(name, { config: 'unimedclip', set: [], seeds: [666], onNotice: () => {} });

  it('share their models, and say nothing of differences', async () => {
    const plans = await Promise.all((Object.keys(PROTOCOLS) as (keyof typeof PROTOCOLS)[]).map(published));
    const counts = plans.map(({ experiment, items, differences }) => {
      expect(differences).toEqual([]);
      return [experiment, items.length, items.reduce((sum, { tests }) => sum + tests.length, 0)];
    });
    expect(counts).toEqual([
      ['data-efficiency', 24, 24],
      ['domain-generalization', 4, 14],
      ['prompt-designs', 4, 70],
      ['clip-models', 16, 56],
      ['components', 40, 140],
    ]);
    const models = new Set(plans.flatMap(({ items }) => items.map(({ id }) => id)));
    expect(models.size).toBe(24 + 3 * 4 + 9 * 4);
    const digests = new Map<string, string>();
    for (const { id, digest } of plans.flatMap(({ items }) => items))
      expect(digests.set(id, digests.get(id) ?? digest).get(id)).toBe(digest);
  });

  it('train EUS for 10 epochs, and begin on Covid19 with another gate', async () => {
    const { items } = await published('data-efficiency');
    const settings = (id: string) => items.find((item) => item.id === id)?.settings;
    const values = ['EUS', 'Covid19', 'BUSI'].map((name) => {
      const found = settings(`${name}-50-seed666`);
      return [found?.TRAIN.NUM_EPOCHS, found?.MODEL.GATE_INIT, found?.TRAIN.DATA_PERCENTAGE];
    });
    expect(values).toEqual([
      [10, 0, 50],
      [100, -0.02, 50],
      [100, 0, 50],
    ]);
  });

  it('take the encoders and the dropout of each family', async () => {
    const { items } = await published('clip-models');
    const family = (name: string) => items.find(({ id }) => id === `BUSI-100-seed666${name}`)?.settings;
    expect(family('')?.MODEL).toMatchObject({ ENCODERS: expect.stringContaining('unimed_clip_vit_b16.pt') });
    expect(family('-pubmedclip')?.MODEL).toMatchObject({
      FAMILY: 'pubmedclip',
      TOKENIZER: expect.stringContaining('patch32'),
    });
    expect(family('-biomedclip')?.MODEL).not.toHaveProperty('TOKENIZER');
    expect(['', '-biomedclip', '-clip'].map((name) => family(name)?.TRAIN.TEXT_DROPOUT)).toEqual([0.1, 0.1, 0]);
  });
});

describe('refuses', () => {
  it.each<[string, () => string[], string]>([
    [
      'another plan in the folder',
      () => efficiency('whole', '--seeds', '7'),
      'expected the plan of this call, got another',
    ],
    ['datasets that are missing', () => toy.args('domain-generalization', 'no'), 'none for BUSBRA, BUSUC, BUID, '],
    [
      'a percentage without a sheet',
      () => [...efficiency('no'), '--percentages', '30'],
      "--percentages: expected 10, 25, 50, 100, got '30'",
    ],
    ['a part that there is not', () => efficiency('no', '--shard', '3/2'), "got '3/2'"],
    ['a dataset outside of the folder', () => efficiency('no', '--datasets', '../data'), "got '../data'"],
    [
      'a group without a source',
      () => toy.args('components', 'no', '--group', ':BUSI'),
      '--group: expected SOURCE:TARGET',
    ],
    [
      'a variant with a typing error',
      () => toy.args('components', 'no', '--group', 'BUSI', '--variants', 'gatin'),
      "Did you mean 'gating'?",
    ],
    ['a folder without an experiment', () => ['merge', toy.folder], 'expected the folder of an experiment'],
    ['a status of nothing', () => ['experiment', 'status', toy.folder], 'expected the folder of an experiment'],
  ])('%s', async (_, args, message) => {
    const { code, err } = await call(args());
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toMatch(/^ {4}at /m);
    await rm(toy.at('no'), { recursive: true, force: true });
  });
});
