import { describe, expect, it } from 'vitest';
import { cyclesIn } from './cycles.ts';
import { importsOf, sources } from './repository.ts';

describe('imports between files', () => {
  it('finds cycles of any length', () => {
    const graph = { a: ['b'], b: ['c', 'd'], c: ['a'], d: [], e: ['e'], f: ['a'] };
    expect(cyclesIn(new Map(Object.entries(graph)))).toEqual([['a', 'b', 'c'], ['e']]);
  });

  it('have no cycles, type-only imports included', () => {
    const graph = new Map(sources.map((path) => [path, importsOf(path).flatMap(({ file }) => file ?? [])]));
    expect([...graph.values()].flat().length).toBeGreaterThan(800);
    expect(cyclesIn(graph)).toEqual([]);
  });
});
