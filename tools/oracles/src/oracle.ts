// Runs an oracle: a Python script that reads files with an established library and leaves their pixels in a folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** Pixels that a reader found: 8 bits, row-major, RGB or gray. */
export interface Reading {
  readonly reader: string;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

interface Line {
  readonly file: string;
  readonly reader: string;
  readonly error?: string;
  readonly width?: number;
  readonly height?: number;
  readonly channels?: 1 | 3;
  /** Path of the raw pixels. */
  readonly pixels?: string;
}

/** Loads the pixels of each reader that read the file. */
export type Readings = ReadonlyMap<string, readonly (() => Promise<Reading>)[]>;

/** Runs `python script folder files...` and collects what it prints. */
export async function runOracle(
  python: string,
  script: string,
  folder: string,
  files: readonly string[],
): Promise<Readings> {
  const child = spawn(python, [script, folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints = `${complaints}${text}`.slice(-2000);
  });
  const ended = once(child, 'close');
  child.stdin.end(files.join('\n'));
  const readings = new Map<string, (() => Promise<Reading>)[]>();
  for await (const text of createInterface({ input: child.stdout })) {
    const { file, reader, error, pixels, width = 0, height = 0, channels = 1 } = JSON.parse(text) as Line;
    if (error !== undefined || pixels === undefined) continue;
    const load = async () => ({ reader, width, height, channels, data: new Uint8Array(await readFile(pixels)) });
    readings.set(file, [...(readings.get(file) ?? []), load]);
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`${script}: expected exit code 0, got ${code}. ${complaints}`);
  return readings;
}
