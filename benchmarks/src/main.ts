// npm run bench -- [--only SUITE,…] [--backend wasm,webgpu] [--data DATASET] [--json FILE]: speed and memory as ratios.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { selectBackend } from '@medclipseg/nn/backends';
import { checkpoint } from './checkpoint.ts';
import { cost } from './cost.ts';
import { loading } from './loading.ts';
import { operations } from './operations.ts';
import { isKept, type Result, table } from './result.ts';
import { scores } from './scores.ts';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    data: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string' },
  },
});

/** In this order; `operations` on each backend named. */
const suites: Readonly<Record<string, () => Promise<Result[]>>> = {
  checkpoint,
  loading: () => loading(values.data),
  scores: async () => scores(),
  cost: async () => {
    await selectBackend('wasm');
    return cost();
  },
  operations: async () => {
    const all: Result[] = [];
    for (const backend of values.backend.split(',')) {
      await selectBackend(backend as 'wasm');
      all.push(...(await operations(backend)));
    }
    return all;
  },
};

const wanted = values.only?.split(',') ?? Object.keys(suites);
const unknown = wanted.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`--only: expected ${Object.keys(suites).join(', ')}, got '${unknown.join(',')}'. Choose among them.`);
  process.exit(2);
}
const results: Result[] = [];
for (const name of wanted) results.push(...(await (suites[name] as () => Promise<Result[]>)()));

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n${table(results)}`);
if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
// A live GPU device would keep the process from ending.
process.exit(results.every(isKept) ? 0 : 1);
