// The bundling recipe: every package names its entries and little else.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { defineConfig, type Options } from 'tsup';
import ts from 'typescript';

const isAssignment = (operator: ts.SyntaxKind): boolean =>
  operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;

const isStep = (operator: ts.SyntaxKind): boolean =>
  operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;

/** Names that are assigned anywhere in a file after their declaration. */
function assignedNames(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const addAll = (target: ts.Node): void => {
    if (ts.isIdentifier(target)) names.add(target.text);
    // Elements and properties may change.
    if (!ts.isElementAccessExpression(target) && !ts.isPropertyAccessExpression(target))
      ts.forEachChild(target, addAll);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) addAll(node.left);
    if (ts.isPostfixUnaryExpression(node) || (ts.isPrefixUnaryExpression(node) && isStep(node.operator)))
      addAll(node.operand);
    if (ts.isForInStatement(node) || ts.isForOfStatement(node)) addAll(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/** Where a file declares a variable, outside of functions, that is never assigned again. */
function constantsOf(code: string): number[] {
  const file = ts.createSourceFile('file.js', code, ts.ScriptTarget.ES2022, true);
  const assigned = assignedNames(file);
  const isFixed = (name: ts.BindingName): boolean =>
    ts.isIdentifier(name)
      ? !assigned.has(name.text)
      : name.elements.every((element) => ts.isOmittedExpression(element) || isFixed(element.name));
  return file.statements.flatMap((statement) => {
    if (!ts.isVariableStatement(statement) || statement.declarationList.flags & ts.NodeFlags.BlockScoped) return [];
    const { declarations } = statement.declarationList;
    const isConstant = declarations.every(({ name, initializer }) => initializer && isFixed(name));
    return isConstant ? [statement.declarationList.getStart(file)] : [];
  });
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The first number of a segment of a source map, a column that is not negative, made larger. */
function moved(segment: string, by: number): string {
  let [value, length] = [0, 0];
  for (let digit = 32; digit & 32; length++) {
    digit = DIGITS.indexOf(segment.charAt(length));
    value |= (digit & 31) << (5 * length);
  }
  let out = '';
  for (let rest = value + 2 * by; out === '' || rest > 0; rest >>= 5)
    out += DIGITS.charAt((rest & 31) | (rest > 31 ? 32 : 0));
  return out + segment.slice(length);
}

/**
 * Declares constants as such. esbuild makes every constant of a module a `var`, whose value engines must read again and again: the inverse DCT
 * of a JPEG takes 1.6 times longer then.
 */
function withConstants(code: string, mappings: string): { readonly code: string; readonly mappings: string } {
  const lines = mappings.split(';');
  let out = code;
  for (const at of constantsOf(code).reverse()) {
    out = `${out.slice(0, at)}const${out.slice(at + 'var'.length)}`;
    const line = code.slice(0, at).split('\n').length - 1;
    const [first = '', second, ...rest] = (lines[line] ?? '').split(',');
    // The keyword has the first segment; what follows is two columns further.
    if (second !== undefined) lines[line] = [first, moved(second, 2), ...rest].join(',');
  }
  return { code: out, mappings: lines.join(';') };
}

/** Restores constants, and makes source maps refer to `src`, which is published, instead of repeating it. */
async function finishModules(): Promise<void> {
  for (const name of (await readdir('dist', { recursive: true })).filter((name) => name.endsWith('.js'))) {
    const [path, mapPath] = [`dist/${name}`, `dist/${name}.map`];
    const { sourcesContent: _, ...map } = JSON.parse(await readFile(mapPath, 'utf8'));
    const { code, mappings } = withConstants(await readFile(path, 'utf8'), map.mappings);
    await writeFile(path, code);
    await writeFile(mapPath, JSON.stringify({ ...map, mappings }));
  }
}

/** Leaves the modules of a package in files of their own. */
const apart: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'modules-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\.?\// }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
    ),
};

interface BuildOptions {
  /** Adds files that are not built, in the package's folder. */
  readonly onSuccess?: () => Promise<void>;
  /**
   * Keeps modules apart, for packages of which a page needs only some at first: bundlers leave out and postpone whole files only. Small
   * packages are smaller in one piece.
   */
  readonly modules?: boolean;
}

export const packageBuild = (entry: Record<string, string>, { onSuccess, modules = false }: BuildOptions = {}) =>
  defineConfig({
    entry: modules ? ['src/**/*.ts', '!src/**/*.{d,test}.ts', '!src/**/{fixtures,testing}/**'] : entry,
    onSuccess: async () => {
      await finishModules();
      await onSuccess?.();
    },
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    dts: { entry },
    sourcemap: true,
    clean: true,
    treeshake: !modules,
    splitting: true,
    // Dependencies stay imports; sibling packages resolve to their published files.
    skipNodeModulesBundle: true,
    ...(modules && { esbuildPlugins: [apart] }),
    esbuildOptions: (options) => {
      options.conditions = [];
    },
  });
