// A Python with pinned packages, in an ignored folder of this tool.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TOOL = join(import.meta.dirname, '..');
const ENVIRONMENT = join(TOOL, '.venv');
const PYTHON = join(ENVIRONMENT, 'bin', 'python');
/** Holds the requirements that were installed, once all of them were. */
const STAMP = join(ENVIRONMENT, 'installed.txt');

/** Installs the pinned packages unless they are. */
export function preparePython(): void {
  const requirements = join(TOOL, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  rmSync(ENVIRONMENT, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', ENVIRONMENT], { stdio: 'inherit' });
  const flags = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  execFileSync(PYTHON, flags, { stdio: 'inherit' });
  writeFileSync(STAMP, wanted);
}

/** Runs a script of this folder and returns its output. */
export const python = (script: string, ...args: readonly string[]): string =>
  execFileSync(PYTHON, [join(import.meta.dirname, script), ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
