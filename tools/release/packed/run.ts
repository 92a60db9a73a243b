// Runs what pages ask a reader to run, and checks the rest as far as it goes.
import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { prints } from '../src/blocks.ts';
import { ROOT } from '../src/stage.ts';
import { place, type Unit } from './units.ts';

const execute = promisify(execFile);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. @param path its PATH @param more further environment variables */
export function start(
  file: string,
  parameters: readonly string[],
  folder: string,
  path = process.env.PATH,
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // NODE_OPTIONS: no condition of this repository reaches the packages. VITEST: nor do suites take themselves for parts of this one.
    const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_OPTIONS: '', VITEST: '', PATH: path, ...more };
    const child = spawn(file, [...parameters], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Why a program did not do what its page shows; undefined if it did. */
function difference(unit: Unit, { code, stdout, stderr }: Ended): string | undefined {
  if (code !== 0) return `${place(unit, 0)}: ended with ${code}\n${stdout}${stderr}`;
  const printed = stdout.replace(/\n$/, '').split('\n');
  if (unit.output && !prints(unit.output, printed))
    return `${place(unit, 0)}: shows\n${unit.output.join('\n')}\nbut prints\n${printed.join('\n')}\n${stderr}`;
  return undefined;
}

/** Runs the emitted JavaScript of a unit, with the packages of its project, in a folder with the files it reads. */
export const runTypeScript = async (unit: Unit, project: string, folder: string, node = process.execPath) =>
  difference(unit, await start(node, [join(project, unit.file.replace(/\.ts$/, '.js'))], folder));

/** Runs shell commands; what they install is in the project already. */
export async function runShell(unit: Unit, folder: string, path: string): Promise<string | undefined> {
  const lines = unit.code.split('\n').map((line) => (line.startsWith('npm install') ? '' : line));
  if (lines.every((line) => !line.trim() || line.startsWith('#'))) return undefined;
  return difference(unit, await start('bash', ['-euo', 'pipefail', '-c', lines.join('\n')], folder, path));
}

/**
 * Starts a shell command that runs until `stop` is called, once it has printed the lines that its page shows.
 * @throws Error if it ends before, or prints something else
 */
export async function startShell(unit: Unit, folder: string, path: string): Promise<{ stop(): void }> {
  const env = { ...process.env, NODE_OPTIONS: '', PATH: path };
  const child = spawn('bash', ['-c', unit.code], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  // The whole group: bash and what it started.
  const stop = () => child.pid && process.kill(-child.pid, 'SIGTERM');
  const shown = unit.output ?? [];
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      if (printed.split('\n').length > Math.max(shown.length, 1)) resolve();
    });
    child.on('close', (code) => reject(new Error(`${place(unit, 0)}: ended with ${code}`)));
  });
  if (shown.length > 0 && !prints(shown, printed.trimEnd().split('\n'))) {
    stop();
    throw new Error(`${place(unit, 0)}: shows\n${shown.join('\n')}\nbut prints\n${printed}`);
  }
  return { stop };
}

/** Options of the command that are in a block which is not run, but that the command does not have. */
export async function unknownOptions(unit: Unit, medclipseg: string): Promise<string[]> {
  const faults: string[] = [];
  const commands = unit.code.replaceAll('\\\n', ' ').split('\n');
  for (const [line, command] of commands.entries()) {
    const words = /^(?:npx @medclipseg\/cli|medclipseg) (.*?)( #.*)?$/.exec(command)?.[1]?.split(' ');
    if (!words) continue;
    const names = words.slice(0, 2).filter((word) => /^[a-z][a-z-]*$/.test(word));
    const { code, stdout } = await start(
      medclipseg,
      [...names.slice(0, ['dataset', 'weights', 'experiment'].includes(names[0] ?? '') ? 2 : 1), '--help'],
      dirname(medclipseg),
    );
    if (code !== 0) faults.push(`${place(unit, line)}: no command ${names.join(' ')}`);
    for (const [option] of command.matchAll(/(?<= )--[a-z-]+/g))
      if (!stdout.includes(option)) faults.push(`${place(unit, line)}: no option ${option}`);
  }
  return faults;
}

/** npm scripts that a block of repository commands names, but the repository does not have. */
export async function unknownScripts(unit: Unit): Promise<string[]> {
  const faults: string[] = [];
  for (const [line, command] of unit.code.split('\n').entries()) {
    const script = /^npm run ([\w:-]+)(?:.* -w ([@\w/-]+))?/.exec(command);
    if (!script) continue;
    const { stdout } = script[2]
      ? await execute('npm', ['pkg', 'get', 'scripts', '-w', script[2], '--json'], { cwd: ROOT })
      : { stdout: await readFile(join(ROOT, 'package.json'), 'utf8') };
    if (!stdout.includes(`"${script[1]}":`)) faults.push(`${place(unit, line)}: no npm script ${script[1]}`);
  }
  return faults;
}

/** Why a block that is not a program is not in its language; undefined if it is. */
export async function unparsable(unit: Unit, folder: string): Promise<string | undefined> {
  const { language, mark } = unit.head;
  try {
    if (language === 'json') JSON.parse(unit.code);
    else if (language === 'yaml') parse(unit.code);
    else if (language === 'csv') {
      const columns = new Set(unit.code.split('\n').map((line) => line.split(',').length));
      if (columns.size !== 1) throw new Error(`rows of ${[...columns].join(' and ')} columns`);
    } else if (language === 'python') {
      const file = join(folder, unit.file);
      await writeFile(file, unit.code);
      await execute('python3', ['-m', 'py_compile', file]);
    } else if (language === 'sh') {
      await execute('bash', ['-n', '-c', unit.code]);
    } else if (!['', 'text', 'html', 'ts'].includes(language) && mark?.kind !== 'not run')
      throw new Error(`no check for blocks of '${language}'. Say why it is not run`);
    return undefined;
  } catch (error) {
    return `${place(unit, 0)}: ${(error as Error).message}`;
  }
}

/** Writes a unit's file into the folder of its page. */
export async function write(unit: Unit, folder: string): Promise<void> {
  const path = join(folder, unit.file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${unit.code}\n`);
}
