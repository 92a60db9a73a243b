// The files of this repository and the imports between them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

export const ROOT = join(import.meta.dirname, '../../..');

/** Paths relative to the root, with `/`, that git tracks or would track. */
export const files: readonly string[] = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path && existsSync(join(ROOT, path)));

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Text written for this repository; data and the lists of words themselves are left out. */
export const prose: readonly string[] = files.filter(
  (path) =>
    /^(packages|apps|tools|docs|benchmarks|configs|\.changeset)\/|^README\.md$/.test(path) &&
    /\.(tsx?|mjs|js|py|md|ya?ml|css|html|sh)$/.test(path) &&
    !/^tools\/checks\/src\/words/.test(path),
);

export const isTest = (path: string): boolean =>
  /\.test\.tsx?$|\/(fixtures|testing|e2e|scripts)\//.test(path) || /^(tools|benchmarks)\//.test(path);

export interface Import {
  readonly from: string;
  /** The specifier as written. */
  readonly specifier: string;
  /** The imported file of this repository, if it is one named by a relative path. */
  readonly file?: string;
}

/** Imports of all kinds (types and dynamic ones included) of a TypeScript file. */
export const importsOf = (path: string): Import[] =>
  ts.preProcessFile(read(path), true, true).importedFiles.map(({ fileName: specifier }) => ({
    from: path,
    specifier,
    file: specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : undefined,
  }));

/** TypeScript files, declarations excluded. */
export const sources = files.filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'));
