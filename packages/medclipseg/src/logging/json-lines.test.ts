// JSON lines: whole lines only, whatever happened before.
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openJsonLines } from './json-lines.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lines-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (path: string) => (await readFile(path, 'utf8')).split('\n');

it('appends one line per record', async () => {
  const path = join(folder, 'new', 'log.jsonl');
  const log = await openJsonLines(path);
  await log.write({ step: 1, loss: 0.5 });
  await log.write({ step: 2, loss: Number.NaN });
  await log.close();
  expect(await read(path)).toEqual(['{"step":1,"loss":0.5}', '{"step":2,"loss":null}', '']);
});

it('drops a line that was cut off, and the records that will come again', async () => {
  const path = join(folder, 'cut.jsonl');
  await writeFile(path, '{"step":1}\n{"step":2}\n{"step":3}\n{"ste');
  const log = await openJsonLines(path, { keep: ({ step }) => (step as number) <= 2 });
  await log.write({ step: 3, again: true });
  await log.close();
  expect(await read(path)).toEqual(['{"step":1}', '{"step":2}', '{"step":3,"again":true}', '']);
});

it('leaves a whole log as it is', async () => {
  const path = join(folder, 'whole.jsonl');
  await appendFile(path, '{"step":1}\n');
  await (await openJsonLines(path)).close();
  expect(await read(path)).toEqual(['{"step":1}', '']);
});
