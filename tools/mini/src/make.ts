// Makes mini: data, encoders, adapters, the file of the package, and the tables of its card. One command, which resumes where it was ended.
//   node --conditions=@medclipseg/source --import tsx tools/mini/src/make.ts --data DATASETS --out OUT --hours 2.5 [--threads 2] [--clock wall]
//     [--begin 0] [--epochs 3] [--card] [--estimate] [--toy]
// DATASETS holds Kvasir and ISIC. `--hours` is the time of the encoders' training; the rest takes about 40 minutes on two cores. `--begin` leaves
// out the first share of its schedule, to train a finished mini on. `--card` reads the test split at the end: once, for the card. `--estimate` only
// measures the speed. `--toy` runs every step in minutes on a few images, to test the command. OUT gets:
//   data/          images as raw bytes            encoders/   state, log and checkpoints of `train.py`
//   phantoms/      datasets for the adapters      adapters/   checkpoints of this project's own trainer
//   mini.safetensors, the better of both by the tables on the validation split in measured-encoders/ and measured-adapters/; and card/
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MODALITIES } from '@medclipseg/datasets';
import { writeFileAtomically } from '@medclipseg/datasets/node';

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    hours: { type: 'string', default: '2.5' },
    threads: { type: 'string', default: '1' },
    clock: { type: 'string', default: 'wall' },
    begin: { type: 'string', default: '0' },
    epochs: { type: 'string', default: '3' },
    card: { type: 'boolean', default: false },
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
  ...['--threads', flags.threads, '--clock', flags.clock, '--begin', flags.begin],
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
const trained = join(encoders, 'encoders.safetensors');
const adapters = join(out, 'adapters.safetensors');
await step('adapters', adapters, async () => {
  const epochs = flags.toy ? '1' : flags.epochs;
  const more = ['--epochs', epochs, '--device', flags.device, ...folders.flatMap((folder) => ['--data', folder])];
  await script(join(tool, 'src/adapters.ts'), '--encoders', trained, '--out', join(out, 'adapters'), ...more);
  await run(python, [join(tool, 'finish.py'), join(out, 'adapters/best.safetensors'), adapters]);
});

/** Measures a checkpoint, and returns the mean Dice over all rows: what is asked for is found, and nothing where there is nothing. */
async function measured(name: string, model: string, ...more: readonly string[]): Promise<number> {
  const to = join(out, name);
  const size = flags.toy ? ['--limit', '4', '--phantoms', '2'] : [];
  const args = ['--data', data, '--out', to, '--model', model, '--device', flags.device, ...size, ...more];
  await step(name, join(to, 'table.md'), () => script(join(tool, 'src/measure.ts'), ...args));
  process.stdout.write(`\n${name}\n\n${await readFile(join(to, 'table.md'), 'utf8')}`);
  const rows = Object.values<{ dsc: number }>(JSON.parse(await readFile(join(to, 'figures.json'), 'utf8')));
  return rows.reduce((sum, { dsc }) => sum + dsc, 0) / rows.length;
}

// The adapters' training may lose more than it gains, so the validation split decides.
const [before, after] = [await measured('measured-encoders', trained), await measured('measured-adapters', adapters)];
const mini = join(out, 'mini.safetensors');
await writeFileAtomically(mini, await readFile(after > before ? adapters : trained));
process.stdout.write(
  `\n${mini}: the checkpoint of ${after > before ? 'adapters.ts' : 'train.py'}, whose rows have a mean Dice of ${Math.max(before, after).toFixed(4)} instead of ${Math.min(before, after).toFixed(4)}.\n`,
);
if (flags.card) await measured('card', mini, '--test-split');
