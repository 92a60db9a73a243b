import { describe, expect, it } from 'vitest';
import { ALLOWED_IMPORTS, checkedSources, packageAt, violationsIn } from './boundaries.ts';

describe('packages', () => {
  it('import only what the architecture allows, and only by entries', () => {
    expect(checkedSources.length).toBeGreaterThan(400);
    expect(checkedSources.flatMap(violationsIn)).toEqual([]);
  });

  it('are all in the table, except applications', () => {
    const names = new Set(checkedSources.map(packageAt).filter((name) => name !== undefined));
    expect([...names].filter((name) => name !== '@medclipseg/cli' && !(name in ALLOWED_IMPORTS))).toEqual([]);
  });
});
