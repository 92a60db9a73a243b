// Makes the virtual environment of Python packages that the tests use, once for each list of versions.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The interpreter of the environment; nothing without Python. */
    python?: string;
  }
}

const requirements = fileURLToPath(new URL('../requirements.txt', import.meta.url));
const folder = fileURLToPath(new URL('../.venv', import.meta.url));

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import ensurepip'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Interrupted installations leave no environment under its final name. */
function install(environment: string): void {
  const unfinished = `${environment}.unfinished`;
  rmSync(folder, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', unfinished]);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  execFileSync(`${unfinished}/bin/python`, install, { stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(unfinished, environment);
}

export default function setup({ provide }: TestProject): void {
  if (!hasPython()) {
    if (process.env.CI)
      throw new Error('onnx checks: expected Python 3 with venv in CI, got none. Install python3-venv.');
    provide('python', undefined);
    return;
  }
  const versions = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const environment = `${folder}/${versions}`;
  if (!existsSync(environment)) install(environment);
  provide('python', `${environment}/bin/python`);
}
