// Validates Kubernetes manifests against the JSON schemas of the Python package kubernetes-validate; fields that are not in them are refused.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TOOL = join(import.meta.dirname, '..');
const ENVIRONMENT = join(TOOL, '.venv');
/** Holds the requirements that were installed, once all of them were. */
const STAMP = join(ENVIRONMENT, 'installed.txt');

/** Installs the pinned package unless it is. @returns a function that throws what does not fit */
export function prepareValidator(): (...manifests: readonly string[]) => void {
  const requirements = join(TOOL, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  const bin = (name: string) => join(ENVIRONMENT, 'bin', name);
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== wanted) {
    rmSync(ENVIRONMENT, { recursive: true, force: true });
    execFileSync('python3', ['-m', 'venv', ENVIRONMENT], { stdio: 'inherit' });
    const flags = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
    execFileSync(bin('python'), flags, { stdio: 'inherit' });
    writeFileSync(STAMP, wanted);
  }
  return (...manifests) => void execFileSync(bin('kubernetes-validate'), ['--strict', ...manifests], { stdio: 'pipe' });
}
