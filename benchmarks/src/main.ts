// npm run bench -- [SUITE…] [--backend wasm,webgpu] [--data DATASET] [--json FILE]: speed and memory as ratios.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { selectBackend } from '@medclipseg/backends';
import { checkpoint } from './checkpoint.ts';
import { cost } from './cost.ts';
import { loading } from './loading.ts';
import { operations } from './operations.ts';
import { isKept, type Result, table } from './result.ts';
import { sampling } from './sampling.ts';
import { scores } from './scores.ts';
import { training } from './training.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'wasm' },
    data: { type: 'string' },
    json: { type: 'string' },
  },
});

/** The results of a suite on each backend named. */
const onEach = (suite: (backend: string) => Promise<Result[]>) => async () => {
  const all: Result[] = [];
  for (const backend of values.backend.split(',')) {
    await selectBackend(backend as 'wasm');
    all.push(...(await suite(backend)));
  }
  return all;
};

/** In this order. */
const suites: Readonly<Record<string, () => Promise<Result[]>>> = {
  checkpoint,
  loading: () => loading(values.data),
  scores: async () => scores(),
  cost: async () => {
    await selectBackend('wasm');
    return cost();
  },
  operations: onEach(operations),
  sampling: onEach(sampling),
  training: onEach(training),
};

const wanted = positionals.length > 0 ? positionals : Object.keys(suites);
const unknown = wanted.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`suite: expected ${Object.keys(suites).join(', ')}, got '${unknown.join(' ')}'. Choose among them.`);
  process.exit(2);
}
const results: Result[] = [];
for (const name of wanted) results.push(...(await (suites[name] as () => Promise<Result[]>)()));

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n${table(results)}`);
if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
// A live GPU device would keep the process from ending.
process.exit(results.every(isKept) ? 0 : 1);
