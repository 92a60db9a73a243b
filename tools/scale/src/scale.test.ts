// The files to submit: an array on a real Slurm of one node, and the command lines of the Kubernetes jobs as processes. However the work is
// divided and whatever is killed, the tables are those of one process.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startSlurm } from './one-node-slurm.ts';
import { toyCommand } from './toy-command.ts';
import { prepareValidator } from './validator.ts';

const run = promisify(execFile);
const FILES = join(import.meta.dirname, '..');
const manifest = (name: string) => join(FILES, 'kubernetes', name);

let toy: Awaited<ReturnType<typeof toyCommand>>;
let whole: Record<string, string>;
beforeAll(async () => {
  toy = await toyCommand();
  await run(toy.path, ['experiment', 'data-efficiency', '--data', toy.data, '--out', toy.at('whole'), ...toy.options]);
  whole = await toy.tables('whole', 'data-efficiency');
});
afterAll(() => toy.remove());

/** Looks again until something is found. @throws after five minutes */
async function eventually<T>(what: string, look: () => T | undefined): Promise<T> {
  for (let i = 0; i < 1200; i++) {
    const found = look();
    if (found !== undefined) return found;
    await wait(250);
  }
  throw new Error(`${what}: expected it within five minutes, got nothing`);
}

it('an array on Slurm, one task of which is killed and returns to the queue', async () => {
  const slurm = await startSlurm();
  const out = toy.at('slurm');
  try {
    const submit = (...args: readonly string[]) =>
      slurm
        .run('sbatch', '--parsable', `--chdir=${toy.folder}`, '--cpus-per-task=1', '--mem=0', ...args)
        .trim()
        .split(';')[0] as string;
    slurm.environment.MEDCLIPSEG = toy.path;
    const array = ['--array=0-1', join(FILES, 'slurm', 'experiment.sbatch'), 'data-efficiency', '--data', toy.data];
    const job = submit(...array, '--out', out, ...toy.options);
    const merge = submit(`--dependency=afterok:${job}`, join(FILES, 'slurm', 'merge.sbatch'), out);
    const victim = await eventually('a claim', () => {
      const claims = existsSync(join(out, 'claims')) ? readdirSync(join(out, 'claims')) : [];
      const name = claims.find((each) => /-100-.*\.lock$/.test(each));
      if (name === undefined) return undefined;
      try {
        return JSON.parse(readFileSync(join(out, 'claims', name), 'utf8')).process as number;
      } catch {
        return undefined; // It is being written or was released.
      }
    });
    process.kill(victim, 'SIGKILL');
    const log = (task: number) => readFileSync(toy.at(`medclipseg-${job}_${task}.log`), 'utf8');
    await eventually('its second start', () => {
      // Slurm holds a requeued task back for two minutes.
      if (slurm.run('squeue', '--noheader', '--format=%i %r').includes(`${job}_1 BeginTime`))
        slurm.run('scontrol', 'update', `JobId=${job}_1`, 'StartTime=now');
      return log(1).includes('ended with 137, returns to the queue') && log(1).includes('start 2') ? true : undefined;
    });
    const merged = toy.at(`medclipseg-merge-${merge}.log`);
    await eventually('the merged tables', () => (slurm.run('squeue', '--noheader').trim() === '' ? true : undefined));
    expect(readFileSync(merged, 'utf8')).toContain('# Data efficiency');
  } finally {
    await slurm.stop();
  }
  expect(await toy.tables('slurm', 'data-efficiency')).toEqual(whole);
});

it('the manifests fit the schema of Kubernetes, which knows every one of their fields', () => {
  const validate = prepareValidator();
  expect(() => validate(manifest('experiment.yaml'), manifest('merge.yaml'))).not.toThrow();
});

it('the pods of an indexed job as processes, all at once', async () => {
  const job = parse(readFileSync(manifest('experiment.yaml'), 'utf8'));
  const [container] = job.spec.template.spec.containers;
  const declared = Object.fromEntries(container.env.map(({ name, value }: Record<string, string>) => [name, value]));
  expect(declared.SHARDS).toBe(String(job.spec.completions));
  const pod = (index: number) =>
    run(container.command[0], [...container.command.slice(1), ...container.args], {
      env: {
        ...process.env,
        ...declared,
        PATH: `${dirname(toy.path)}:${process.env.PATH}`,
        EXPERIMENT: ['data-efficiency', ...toy.options].join(' '),
        DATA: toy.data,
        OUT: toy.at('pods'),
        JOB_COMPLETION_INDEX: `${index}`,
      },
    });
  await Promise.all(Array.from({ length: job.spec.completions }, (_, index) => pod(index)));
  const merge = parse(readFileSync(manifest('merge.yaml'), 'utf8')).spec.template.spec.containers[0];
  execFileSync(merge.command[0], [...merge.command.slice(1), ...merge.args], {
    env: { ...process.env, PATH: `${dirname(toy.path)}:${process.env.PATH}`, OUT: toy.at('pods') },
  });
  expect(await toy.tables('pods', 'data-efficiency')).toEqual(whole);
});
