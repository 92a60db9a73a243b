// Exports mini before the suites run; pages have no files.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const main = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'medclipseg-export-'));
  const exported = join(folder, 'mini');
  const flags = ['--conditions=@medclipseg/source', '--import', 'tsx', main, 'export', 'mini', '--onnx', exported];
  execFileSync(process.execPath, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  provide('exported', exported);
  return () => rmSync(folder, { recursive: true });
}
