// What the packages export, as TypeScript sees it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { files, ROOT } from './repository.ts';

interface Entry {
  /** What users import, such as `@medclipseg/weights/node`. */
  readonly specifier: string;
  readonly file: string;
}

/** The entries of all published packages, from the source condition of their `exports`. */
export const entries: readonly Entry[] = files
  .filter((path) => /^packages\/[\w-]+\/package\.json$/.test(path))
  .flatMap((path) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
    return Object.entries<Record<string, string> | string>(exports).flatMap(([subpath, target]) => {
      const source = typeof target === 'string' ? undefined : target['@medclipseg/source'];
      return source === undefined ? [] : [{ specifier: join(name, subpath), file: join(ROOT, path, '..', source) }];
    });
  });

const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT);

/** The names that each entry exports, sorted; types are marked. */
export function publicApi(): Record<string, string[]> {
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    options,
  );
  const checker = program.getTypeChecker();
  return Object.fromEntries(
    entries.map(({ specifier, file }) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile);
      const names = (module ? checker.getExportsOfModule(module) : []).map((symbol) => {
        const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        return target.flags & ts.SymbolFlags.Value ? symbol.name : `type ${symbol.name}`;
      });
      return [specifier, names.sort()];
    }),
  );
}
