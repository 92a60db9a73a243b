// npm run bench -- [--backend wasm,webgpu] [--data DATASET] [--json FILE]: speed as a fraction of the backend's own limit.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { selectBackend } from '@medclipseg/nn/backends';
import { loading } from './loading.ts';
import { operations } from './operations.ts';
import { isKept, type Result, table } from './result.ts';

const { values } = parseArgs({
  options: { backend: { type: 'string', default: 'wasm' }, data: { type: 'string' }, json: { type: 'string' } },
});

const results: Result[] = await loading(values.data);
for (const backend of values.backend.split(',')) {
  await selectBackend(backend as 'wasm');
  results.push(...(await operations(backend)));
}

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n${table(results)}`);
if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
// A live GPU device would keep the process from ending.
process.exit(results.every(isKept) ? 0 : 1);
