import { describe, expect, it } from 'vitest';
import { files } from './repository.ts';

describe('folders', () => {
  it('have no file that shares its name with a folder next to it', () => {
    const folders = new Set(files.flatMap((path) => path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))));
    const stem = (path: string) => path.replace(/(\.test)?\.tsx?$/, '');
    const doubled = files.filter(
      (path) => /^(packages|apps|tools|benchmarks)\/.*\.tsx?$/.test(path) && folders.has(stem(path)),
    );
    expect(doubled).toEqual([]);
  });
});
