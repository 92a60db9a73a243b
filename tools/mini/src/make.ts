// Makes mini: data, encoders, adapters, the file of the package, and the tables of its card. One command, which resumes where it was ended.
//   node --conditions=@medclipseg/source --import tsx tools/mini/src/make.ts --data DATASETS --out OUT --hours 2.5 [--threads 2] [--clock wall]
//     [--estimate] [--toy]
// DATASETS holds Kvasir and ISIC. `--hours` is the time of the encoders' training; the rest takes about 40 minutes on two cores. `--estimate` only
// measures the speed. `--toy` runs every step in minutes on a few images, to test the command. OUT gets:
//   data/          images as raw bytes            encoders/   state, log and checkpoints of `train.py`
//   phantoms/      datasets for the adapters      adapters/   checkpoints of this project's own trainer
//   mini.safetensors, and the tables on the validation split in measured-encoders/ and measured-mini/
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MODALITIES } from '@medclipseg/datasets';

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    hours: { type: 'string', default: '2.5' },
    threads: { type: 'string', default: '1' },
    clock: { type: 'string', default: 'wall' },
    epochs: { type: 'string', default: '3' },
    device: { type: 'string', default: 'auto' },
    estimate: { type: 'boolean', default: false },
    toy: { type: 'boolean', default: false },
  },
});
if (!flags.data || !flags.out) throw new Error('make.ts: expected --data and --out. Name both folders.');
const [data, out] = [resolve(flags.data), resolve(flags.out)];
const tool = new URL('..', import.meta.url).pathname;
const python = join(tool, '.venv/bin/python');
const began = performance.now();

/** Runs a command; its output is this one's. Ctrl-C reaches it as well. */
const run = (command: string, args: readonly string[]): Promise<void> =>
  new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    child.on('error', fail);
    child.on('close', (code, signal) => {
      if (code === 0) done();
      else
        fail(
          new Error(
            `${command} ${args.join(' ')}: expected exit code 0, got ${code ?? signal}. Run the command again to resume.`,
          ),
        );
    });
  });

const script = (path: string, ...args: readonly string[]) =>
  run(process.execPath, ['--conditions=@medclipseg/source', '--import', 'tsx', path, ...args]);

/** A step that is left out once its result exists. */
async function step(name: string, result: string, work: () => Promise<void>): Promise<void> {
  if (existsSync(result)) return;
  process.stderr.write(`\n== ${name} (after ${Math.round((performance.now() - began) / 60000)} min)\n`);
  await work();
}

await mkdir(out, { recursive: true });
await step('Python environment', python, async () => {
  await run('python3', ['-m', 'venv', join(tool, '.venv')]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '-r', join(tool, 'requirements.txt')]);
});
// Two sources at a time: drawing 400 phantoms of a modality takes about five minutes.
const sources = ['Kvasir', 'ISIC', 'crops', ...MODALITIES];
const prepare = async (): Promise<void> => {
  for (let source = sources.shift(); source !== undefined; source = sources.shift()) {
    const to = join(out, 'data', source);
    const size = flags.toy ? ['--phantoms', '10', '--limit', '12'] : [];
    const args = ['--source', source, '--data', data, '--out', to, ...size];
    await step(`data: ${source}`, join(to, 'samples.json'), () => script(join(tool, 'src/prepare.ts'), ...args));
  }
};
await Promise.all([prepare(), prepare()]);
const encoders = join(out, 'encoders');
// On a GPU that PyTorch sees, it takes larger batches by itself.
const training = [
  ...[join(tool, 'train.py'), '--data', join(out, 'data'), '--out', encoders, '--hours', flags.hours],
  ...['--threads', flags.threads, '--clock', flags.clock],
  ...(flags.toy ? ['--steps', '6', '--limit', '4'] : []),
];
if (flags.estimate) {
  await run(python, [...training, '--estimate']);
  process.exit();
}
await step('encoders', join(encoders, 'finished'), () => run(python, training));
const phantoms = join(out, 'phantoms');
for (const modality of MODALITIES)
  await step(`phantoms of ${modality}`, join(phantoms, modality), () => {
    const main = new URL('../../../packages/cli/src/main.ts', import.meta.url).pathname;
    const count = flags.toy ? '10' : '60';
    const how = ['--ask', 'one', '--absent', '0.15', '--hard', '--seed', '3'];
    return script(
      main,
      'dataset',
      'phantom',
      '--modality',
      modality,
      '--count',
      count,
      ...how,
      '--out',
      join(phantoms, modality),
    );
  });
const folders = [
  ...(flags.toy ? [] : ['Kvasir', 'ISIC'].map((name) => join(data, name))),
  ...MODALITIES.map((m) => join(phantoms, m)),
];
const mini = join(out, 'mini.safetensors');
await step('adapters', mini, async () => {
  const trained = join(encoders, 'encoders.safetensors');
  const epochs = flags.toy ? '1' : flags.epochs;
  const more = ['--epochs', epochs, '--device', flags.device, ...folders.flatMap((folder) => ['--data', folder])];
  await script(join(tool, 'src/adapters.ts'), '--encoders', trained, '--out', join(out, 'adapters'), ...more);
  await run(python, [join(tool, 'finish.py'), join(out, 'adapters/best.safetensors'), mini]);
});
for (const [name, model] of [
  ['measured-encoders', join(encoders, 'encoders.safetensors')],
  ['measured-mini', mini],
] as const)
  await step(name, join(out, name, 'table.md'), () => {
    const size = flags.toy ? ['--limit', '4', '--phantoms', '2'] : [];
    const more = ['--device', flags.device, ...size];
    return script(join(tool, 'src/measure.ts'), '--data', data, '--out', join(out, name), '--model', model, ...more);
  });
for (const name of ['measured-encoders', 'measured-mini'])
  process.stdout.write(`\n${name}\n\n${await readFile(join(out, name, 'table.md'), 'utf8')}`);
process.stdout.write(
  '\nBoth are measured on the validation split. If the adapters lost more than they gained, take encoders/encoders.safetensors. Then read the test split once:\n' +
    `node --conditions=@medclipseg/source --import tsx tools/mini/src/measure.ts --data ${data} --out ${join(out, 'card')} --model ${mini} --test-split\n`,
);
