// The dataset commands as a user meets them.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhantoms } from '@medclipseg/datasets/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-dataset-'));
});
afterAll(() => rm(folder, { recursive: true }));

const main = new URL('../../main.ts', import.meta.url).pathname;

const run = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=@medclipseg/source', '--import', 'tsx', main, 'dataset', ...args],
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

describe('dataset', () => {
  it('phantom draws a dataset that check finds no fault with, until a mask is gone', async () => {
    const out = join(folder, 'phantoms');
    const drawn = await run('phantom', '--modality', 'endoscopy', '--count', '10', '--size', '48', '--out', out);
    expect(drawn).toMatchObject({ code: 0, out: `${out}: 8 for training, 1 for validation, 1 for test\n` });
    const clean = await run('check', out);
    expect(clean.code).toBe(0);
    expect(clean.out).toContain('0 errors, 0 warnings, 0 notes');
    await rm(join(out, 'Train_Folder', 'label'), { recursive: true });
    const spoilt = await run('check', out, '--json');
    expect(spoilt.code).toBe(1);
    expect(JSON.parse(spoilt.out).problems).toMatchObject([{ kind: 'missing-mask', severity: 'error', of: 8 }]);
  });

  it('phantom writes a row per lesion, and asks for lesions that are not there', async () => {
    const out = join(folder, 'asked');
    const base = ['phantom', '--modality', 'mri', '--count', '10', '--size', '48', '--out', out];
    expect(await run(...base, '--absent', '2')).toMatchObject({
      code: 2,
      err: expect.stringContaining("--absent: expected a share from 0 to 1, got '2'"),
    });
    expect((await run(...base, '--ask', 'some')).code).toBe(2);
    const drawn = await run(...base, '--ask', 'one', '--absent', '0.3', '--hard');
    expect(drawn.code).toBe(0);
    const [rows = 0] = /: (\d+) for training/.exec(drawn.out)?.slice(1).map(Number) ?? [];
    expect(rows).toBeGreaterThan(8);
    const { problems } = JSON.parse((await run('check', out, '--json')).out);
    // Rows that ask in vain, and several rows of an image, are what was wanted.
    const kinds = new Set(problems.map(({ kind }: { kind: string }) => kind));
    expect(kinds).toEqual(new Set(['empty-mask', 'duplicate-row']));
  });

  it('create makes a dataset of one’s own images and masks', async () => {
    const drawn = join(folder, 'drawn');
    await writePhantoms(drawn, { modality: 'mri', count: 10, seed: 1, size: 32 });
    const [images, masks] = ['img', 'label'].map((kind) => join(drawn, 'Train_Folder', kind)) as [string, string];
    const own = join(folder, 'own');
    const named = ['--images', images, '--masks', masks, '--out', own, '--modality', 'mri', '--lesion', 'metastasis'];
    expect((await run('create', ...named, '--split', '50,25,20')).err).toContain(
      '--split: expected three whole percentages',
    );
    const made = await run('create', ...named, '--split', '50,25,25');
    expect(made).toMatchObject({
      code: 0,
      out: expect.stringContaining(`${own}: 4 for training, 2 for validation, 2 for test`),
    });
    expect(await run('check', own)).toMatchObject({ code: 0 });
  });

  it('check measures prompts with the tokenizer it is given', async () => {
    const out = join(folder, 'measured');
    await writePhantoms(out, { modality: 'mri', count: 10, seed: 1, size: 32 });
    // Merges without a merge: every letter is a token, and CLIP reads 77.
    const merges = join(folder, 'merges.txt');
    await writeFile(merges, '#version: 0.2\n');
    const { code, out: json } = await run('check', out, '--tokenizer', merges, '--json');
    expect(code).toBe(0);
    const report = JSON.parse(json);
    expect(report.tokensCounted).toBe(true);
    expect(report.problems).toMatchObject([
      { kind: 'too-many-tokens', where: 'Test_text_contradictory.xlsx' },
      { kind: 'too-many-tokens', where: 'Test_text_overdescriptive.xlsx' },
    ]);
    expect(await run('check', out, '--tokenizer', join(folder, 'none'))).toMatchObject({ code: 2 });
  });

  it('list shows the published datasets', async () => {
    const { code, out } = await run('list');
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(17);
    expect(out).toMatch(/Kvasir +endoscopy +colon +800 +100 +100/);
  });

  it('phantom overwrites nothing and names a wrong modality', async () => {
    expect(await run('phantom', '--modality', 'mri', '--count', '1', '--out', tmpdir())).toMatchObject({ code: 1 });
    const { code, err } = await run('phantom', '--modality', 'pet', '--count', '1', '--out', join(folder, 'x'));
    expect(code).toBe(2);
    expect(err).toContain("--modality: expected ultrasound, endoscopy, dermoscopy, mri, xray, got 'pet'");
  });
});
