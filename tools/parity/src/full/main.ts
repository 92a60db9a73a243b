// npm run parity:full -- [FOLDER] [--family a,b] [--backend wasm] [--jobs 2] [--perturb-gate 0.01]: the four families at their published
// size against the golden files in FOLDER, ../shared/golden-full by default. Needs no Python, no downloads and about 3 GB per job.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { releaseBackend } from '@medclipseg/backends';
import { openTensorFile } from '@medclipseg/weights/node';
import * as tf from '@tensorflow/tfjs-core';
import { type DeviceName, selectDevice } from 'medclipseg';
import { failuresIn, printRows, summarize } from '../report.ts';
import { familyParity } from './family.ts';

/** The slowest first, so that parallel jobs end at about the same time. */
const FAMILIES = ['unimedclip', 'biomedclip', 'clip', 'pubmedclip'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    family: { type: 'string', default: FAMILIES.join() },
    backend: { type: 'string', default: 'wasm' },
    jobs: { type: 'string' },
    'perturb-gate': { type: 'string', default: '0' },
  },
});
const folder = resolve(positionals[0] ?? join(process.env.MEDCLIPSEG_SHARED ?? '../shared', 'golden-full'));
const chosen = values.family.split(',');
const unknown = chosen.find((family) => !FAMILIES.includes(family));
if (unknown !== undefined) {
  console.error(`--family: expected ${FAMILIES.join(', ')}, got '${unknown}'. Choose some of them.`);
  process.exit(2);
}

/** Compares one family in this process; returns the number of failures. */
async function compare(family: string): Promise<number> {
  const begin = performance.now();
  await selectDevice(values.backend as DeviceName);
  const file = await openTensorFile(join(folder, `${family}.safetensors`));
  const before = tf.memory().numTensors;
  const rows = await familyParity(file, {
    perturbGate: Number(values['perturb-gate']),
    onnx: values.backend === 'onnx',
  });
  await file.close();
  const left = tf.memory().numTensors - before;
  rows.push({ file: family, quantity: 'tensors not disposed', error: left, tolerance: 0 });
  await releaseBackend();
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  const peak = (process.resourceUsage().maxRSS / 2 ** 20).toFixed(1);
  printRows(`${family} on ${values.backend}, ${seconds} s, at most ${peak} GiB`, rows);
  return failuresIn(rows);
}

/** Compares one family in a separate process and prints its lines together. */
const compareApart = (family: string): Promise<number> =>
  new Promise((done, fail) => {
    const options = ['--family', family, '--backend', values.backend, '--perturb-gate', values['perturb-gate']];
    const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, folder, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('error', fail);
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(parts));
      done(code === 0 ? 0 : 1);
    });
  });

async function compareAll(): Promise<number> {
  const waiting = [...chosen];
  // A family needs up to 3 GB, and there is one WebGPU device.
  const parallel = values.backend === 'webgpu' ? 1 : Math.min(2, availableParallelism());
  let failures = 0;
  const work = async () => {
    for (let family = waiting.shift(); family !== undefined; family = waiting.shift())
      failures += await compareApart(family);
  };
  await Promise.all(Array.from({ length: Number(values.jobs ?? parallel) }, work));
  return failures;
}

const [only] = chosen;
if (chosen.length === 1 && only) process.exit(summarize(await compare(only)));
const failures = await compareAll();
console.log(failures === 0 ? '\nAll families within tolerance.' : `\n${failures} of ${chosen.length} families failed.`);
process.exit(failures === 0 ? 0 : 1);
