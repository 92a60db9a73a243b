// Failures during training: the command names the cause, ends with 1, and the last good checkpoint can be resumed.
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTensorFile } from '@medclipseg/weights/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, smallTraining } from './small-training.ts';

let small: Awaited<ReturnType<typeof smallTraining>>;
let whole: Buffer;
const checkpoint = (out: string) => readFile(join(out, 'latest.safetensors'));
/** The progress of the newest checkpoint; fails if it does not open. */
async function standing(out: string) {
  const file = await openTensorFile(join(out, 'latest.safetensors'));
  for (const name of file.tensors.keys()) await file.read(name);
  await file.close();
  return JSON.parse(file.metadata.progress as string) as { epoch: number; step: number };
}
const EVERY_STEP = ['--set', 'TRAIN.CHECKPOINT_STEPS=1'];

beforeAll(async () => {
  small = await smallTraining();
  const out = join(small.folder, 'unharmed');
  const { code, err } = await run(small.trainInto(out, ...EVERY_STEP));
  expect(code, err).toBe(0);
  whole = await checkpoint(out);
});
afterAll(() => small.remove());

it('an image that cannot be read in mid-epoch is named; once it is repaired, the training resumes and ends with the same result', async () => {
  const out = join(small.folder, 'unreadable');
  const images = join(small.data, 'Train_Folder', 'img');
  // The first epoch's order is a function of the seed: wherever this one comes, other batches come before or after it.
  const [name] = (await readdir(images)).sort().slice(-1) as [string];
  const image = await readFile(join(images, name));
  await truncate(join(images, name), 40);
  const broken = await run(small.trainInto(out, ...EVERY_STEP));
  expect(broken.code).toBe(1);
  expect(broken.err).toContain(name);
  expect(broken.err).not.toMatch(/^ {4}at /m);
  expect((await standing(out)).epoch).toBe(0);
  await writeFile(join(images, name), image);
  const resumed = await run(small.trainInto(out, '--resume', ...EVERY_STEP));
  expect(resumed.code, resumed.err).toBe(0);
  expect(Buffer.compare(await checkpoint(out), whole)).toBe(0);
});

it('a disk that fills up leaves the checkpoint before; with room the training resumes and ends with the same result', async () => {
  const out = join(small.folder, 'full');
  let sent = false;
  const stopped = await run(small.trainInto(out, ...EVERY_STEP), {
    onNotice: (text, stop) => {
      if (!sent && text.includes('epoch 1/3')) stop('SIGINT');
      sent ||= text.includes('epoch 1/3');
    },
  });
  expect(stopped.code, stopped.err).toBe(130);
  const before = await checkpoint(out);
  const full = await run(small.trainInto(out, '--resume', ...EVERY_STEP), {
    fileLimit: Math.floor(before.length / 2048),
  });
  expect(full.code, full.err).toBe(1);
  expect(full.err).toMatch(
    /latest\.safetensors: expected a place to write to, got 'EFBIG: file too large'.* free space/,
  );
  expect(Buffer.compare(await checkpoint(out), before)).toBe(0);
  // No partial file is left to fill the disk further.
  expect((await readdir(out)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  const room = await run(small.trainInto(out, '--resume', ...EVERY_STEP));
  expect(room.code, room.err).toBe(0);
  expect(Buffer.compare(await checkpoint(out), whole)).toBe(0);
});

it('tensors beyond the memory of wasm are refused by name, with what to do', async () => {
  const out = join(small.folder, 'large');
  // 16,384 patches: the attention of four images alone would take 8 GiB.
  const large = await run(small.trainInto(out, '--set', 'MODEL.IMAGE.SIZE=512', '--set', 'MODEL.IMAGE.PATCH=4'));
  expect(large.code).toBe(1);
  expect(large.err).toMatch(/wasm memory: expected room for \d+ bytes, got none of its 4 GiB\. Use smaller batches/);
  expect(large.err).not.toMatch(/^ {4}at /m);
  expect(await standing(out)).toMatchObject({ epoch: 0, step: 0 });
});
