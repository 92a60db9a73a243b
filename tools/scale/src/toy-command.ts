// The command as the jobs start it, from the sources, and an experiment of a few seconds for them.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toyExperiments } from '@medclipseg/testing/toy-experiments';

const CLI = join(import.meta.dirname, '..', '..', '..', 'packages', 'cli');

export async function toyCommand() {
  const toy = await toyExperiments();
  const path = toy.at('medclipseg');
  // The sources run in the folder of their package.
  const start = `exec '${process.execPath}' --conditions=@medclipseg/source --import tsx src/main.ts "$@"`;
  writeFileSync(path, `#!/bin/sh\ncd '${CLI}'\n${start}\n`);
  chmodSync(path, 0o755);
  return {
    ...toy,
    /** A program that runs the command. */
    path,
    options: ['--config', toy.config, '--datasets', 'BUSI,Kvasir', '--percentages', '10,100', '--backend', 'wasm'],
  };
}
