// A log of one JSON object per line; a line cut off by a crash does no harm.
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';
import { LogError } from './errors.ts';

export interface JsonLines {
  readonly path: string;
  /** Appends a record as one line; numbers that are not finite become null. @throws {@link LogError} when the disk is full */
  write(record: object): Promise<void>;
  /** Flushes to the disk and closes. */
  close(): Promise<void>;
}

export interface JsonLinesOptions {
  /** Selects the records of an earlier run to keep: a resumed training drops those that it will write again. Default: all. */
  readonly keep?: (record: Readonly<Record<string, unknown>>) => boolean;
}

/** The complete lines of a log; a last line that was cut off is dropped. */
function wholeLines(text: string): { line: string; record: Record<string, unknown> }[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [{ line, record: JSON.parse(line) as Record<string, unknown> }];
    } catch {
      return [];
    }
  });
}

/** Opens a log for appending, and removes incomplete and unwanted records first. */
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
