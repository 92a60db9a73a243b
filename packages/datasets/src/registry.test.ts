// The registry's counts against the published prompt sheets, read by our own reader.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Split, sheetName } from './folder.ts';
import { DATASETS, type DatasetEntry, type Percentage } from './registry.ts';
import { readPromptSheet } from './sheets/files.ts';

const shared = process.env.MEDCLIPSEG_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const prompts = join(shared, 'prompts');
const present = existsSync(prompts);
if (!present && process.env.CI) throw new Error(`${prompts}: expected the prompt sheets, got none.`);

describe('the registry', () => {
  it.each(Object.entries(DATASETS))('of %s is consistent', (_, { train, val, test, designs, source }) => {
    for (const rows of [train, val]) {
      const counts = [10, 25, 50, 100].flatMap((share) => rows[share as Percentage] ?? []);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      // A share is rounded, up or down; ISIC's were cut from 809 rows, before one was doubled.
      for (const [share, count] of Object.entries(rows))
        expect(Math.abs(count - ((rows[100] as number) * Number(share)) / 100)).toBeLessThanOrEqual(1);
    }
    expect(test).toBeGreaterThan(0);
    expect(designs).toContain('original');
    expect(source.origin).toMatch(/^https:/);
  });
});

describe.skipIf(!present)('the registry (skipped where the prompt sheets are absent)', () => {
  it.each(Object.entries<DatasetEntry>(DATASETS))(
    'counts the rows of %s',
    async (name, entry) => {
      const rows = async (split: Split, options: Parameters<typeof sheetName>[1]) => {
        const sheet = await readPromptSheet(join(prompts, name, 'Prompts_Folder', sheetName(split, options)));
        for (const { image, mask } of sheet)
          expect(mask).toBe(entry.maskName.replace('{stem}', image.replace(/\.png$/, '')));
        return sheet.length;
      };
      for (const split of ['train', 'val'] as const)
        for (const [share, expected] of Object.entries(entry[split])) {
          const percentage = Number(share) as Percentage;
          expect([split, percentage, await rows(split, { percentage })]).toEqual([split, percentage, expected]);
        }
      for (const design of entry.designs)
        expect([design, await rows('test', { design })]).toEqual([design, entry.test]);
    },
    60_000,
  );
});
