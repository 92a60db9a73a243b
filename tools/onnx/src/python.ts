// Runs Python scripts of this folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

/** The interpreter of the environment; nothing without Python. */
export const python = inject('python');

/** Standard output of a script of this folder, or of any file. @throws {Error} with what the script wrote to standard error */
export async function runPython(script: string, input = '', ...args: readonly string[]): Promise<string> {
  const path = script.startsWith('/') ? script : fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(python as string, [path, ...args], { stdio: 'pipe' });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text) => {
      texts[name] += text;
    });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${script}: ended with ${code}: ${texts.stderr.slice(-2000)}`);
  return texts.stdout;
}
