import { describe, expect, it } from 'vitest';
import { entries, publicApi } from './public-api.ts';

describe('public API', () => {
  // A change of this snapshot is a change that users see: say so in a changeset.
  it('of every entry of every package is as recorded', async () => {
    expect(entries.length).toBeGreaterThan(15);
    for (const [specifier, names] of Object.entries(publicApi()))
      await expect(`${names.join('\n')}\n`).toMatchFileSnapshot(
        `./recorded-api/${specifier.replaceAll('/', '.').replace(/^@/, '')}.txt`,
      );
  });
});
