// npm run bench -- [SUITE...] [--backend wasm,webgpu] [--data DATASET] [--json FILE]: speed and memory as ratios.
// npm run bench -- engine [--model mini,clip,unimedclip] [--python PATH]: all devices against each other and PyTorch.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { BACKENDS, type BackendName, selectBackend } from '@medclipseg/backends';
import { checkpoint } from './checkpoint.ts';
import { cost } from './cost.ts';
import { ENGINE_MODELS, engine } from './engine/engine.ts';
import { loading } from './loading.ts';
import { operations } from './operations.ts';
import { isWithinBound, type Result, table } from './result.ts';
import { sampling } from './sampling.ts';
import { scores } from './scores.ts';
import { small } from './small/small.ts';
import { training } from './training.ts';

/** A command line that cannot be run. */
class UsageError extends Error {}

function choose<Name extends string>(what: string, names: readonly string[], known: readonly Name[]): Name[] {
  const unknown = names.filter((name) => !known.includes(name as Name));
  if (unknown.length === 0) return names as Name[];
  throw new UsageError(`${what}: expected one of ${known.join(', ')}, got ${unknown.join(', ')}. Choose one of them.`);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        backend: { type: 'string', default: 'wasm' },
        data: { type: 'string' },
        json: { type: 'string' },
        model: { type: 'string', default: ENGINE_MODELS.join() },
        /** A Python with torch, as yardstick of the suite `engine`. */
        python: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Runs the benchmarks. @returns whether every value is within its bound */
async function main(): Promise<boolean> {
  const { positionals, values } = readArguments();
  const backends = choose('--backend', values.backend.split(','), BACKENDS);
  const models = choose('--model', values.model.split(','), ENGINE_MODELS);

  const onEach = (suite: (backend: BackendName) => Promise<Result[]>) => async () => {
    const all: Result[] = [];
    for (const backend of backends) {
      await selectBackend(backend);
      all.push(...(await suite(backend)));
    }
    return all;
  };
  const suites = {
    checkpoint,
    loading: () => loading(values.data),
    scores: async () => scores(),
    small: () => small(values.data),
    engine: () => engine({ models, python: values.python }),
    cost: async () => {
      await selectBackend('wasm');
      return cost();
    },
    operations: onEach(operations),
    sampling: onEach(sampling),
    training: onEach(training),
  };
  const known = Object.keys(suites) as (keyof typeof suites)[];
  const wanted = positionals.length > 0 ? choose('suite', positionals, known) : known;

  const results: Result[] = [];
  for (const name of wanted) results.push(...(await suites[name]()));
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
  process.stdout.write(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n${table(results)}\n`);
  if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  return results.every(isWithinBound);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  // Errors of our packages are explained by their message; the stack of any other is needed to fix it.
  const { tag, message, stack } = error as Error & { readonly tag?: string };
  process.stderr.write(`${tag || error instanceof UsageError ? message : stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// A GPU device would keep the process running. Pipes are flushed first.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
process.exit();
