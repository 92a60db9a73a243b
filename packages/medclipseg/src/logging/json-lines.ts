// A log of one JSON object per line that survives being cut off.
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';
import { LogError } from './errors.ts';

export interface JsonLines {
  readonly path: string;
  /** Appends a record as one line; numbers that are not finite become null. @throws {@link LogError} when the disk takes no more */
  write(record: object): Promise<void>;
  /** Flushes to the disk and closes. */
  close(): Promise<void>;
}

export interface JsonLinesOptions {
  /** Which records of an earlier run stay: a resumed training drops those that it will write again. All of them by default. */
  readonly keep?: (record: Readonly<Record<string, unknown>>) => boolean;
}

/** The whole lines of a log; a last line that was cut off in writing is left out. */
function wholeLines(text: string): { line: string; record: Record<string, unknown> }[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [{ line, record: JSON.parse(line) as Record<string, unknown> }];
    } catch {
      return [];
    }
  });
}

/** Opens a log for appending; an earlier one in its place is cleaned first. */
export async function openJsonLines(path: string, { keep = () => true }: JsonLinesOptions = {}): Promise<JsonLines> {
  await mkdir(dirname(path), { recursive: true });
  const earlier = await readFile(path, 'utf8').catch(() => '');
  const kept = wholeLines(earlier)
    .filter(({ record }) => keep(record))
    .map(({ line }) => `${line}\n`)
    .join('');
  if (kept !== earlier) await writeFileAtomically(path, kept);
  const file = await open(path, 'a');
  return {
    path,
    write: (record) =>
      file.appendFile(`${JSON.stringify(record)}\n`).catch((cause) => {
        throw new LogError(path, cause);
      }),
    close: async () => {
      await file.sync();
      await file.close();
    },
  };
}
