// Type-checks the TypeScript of all pages in one program, as a project with `strict` and `nodenext` would, and emits it.
import { relative } from 'node:path';
import type ts from 'typescript';
import { place, type Unit } from './units.ts';

/**
 * @param compiler which version of TypeScript
 * @param files the units by the path of their file in the projects
 * @param emit whether to write JavaScript next to each file
 * @returns `page:line: message` for each fault
 */
export function compile(compiler: typeof ts, root: string, files: ReadonlyMap<string, Unit>, emit: boolean): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: !emit,
    target: compiler.ScriptTarget.ES2022,
    module: compiler.ModuleKind.NodeNext,
    moduleResolution: compiler.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    skipLibCheck: true,
  };
  const host = compiler.createCompilerHost(options);
  host.getCurrentDirectory = () => root;
  const program = compiler.createProgram([...files.keys()], options, host);
  const own = (path: string) => /\/node_modules\/(\.pnpm\/.*\/node_modules\/)?(@medclipseg\/|medclipseg\/)/.test(path);
  // Declarations of our own packages are checked as well, those of others are not.
  const sources = program.getSourceFiles().filter(({ fileName }) => files.has(fileName) || own(fileName));
  const diagnostics = [
    ...program.getGlobalDiagnostics(),
    ...sources.flatMap((source) => [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]),
  ];
  if (emit) program.emit();
  return diagnostics.map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line : 0;
    const unit = file && files.get(file.fileName);
    const where = unit ? place(unit, line) : `${file ? relative(root, file.fileName) : 'options'}:${line + 1}`;
    return `${where}: ${compiler.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
