// What is loaded of our packages: a page gets nothing of ONNX unless it asks for it, and the command starts without any of them.
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The files in a bundle for browsers, by their paths in the repository. */
async function bundled(code: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@medclipseg/source', 'browser', 'module'],
    // Emscripten's code names them where it runs in Node.
    external: ['fs', 'path'],
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}

const isOnnx = (path: string) => /onnx/i.test(path);

it('a page with medclipseg has no file of ONNX', async () => {
  const files = await bundled("import { MedCLIPSeg } from 'medclipseg'; console.log(MedCLIPSeg);");
  expect(files).toContain('packages/medclipseg/src/model.ts');
  expect(files.filter(isOnnx)).toEqual([]);
});

it('a page that runs ONNX files has what runs them, without tracing and without a runtime that it does not pass', async () => {
  const files = await bundled("import { compile } from '@medclipseg/onnx/web'; console.log(compile);");
  expect(files).toContain('packages/onnx/src/web.ts');
  expect(files.filter((path) => /onnxruntime|tensorflow|trace\.ts|node\.ts|pbf/.test(path))).toEqual([]);
});

it('the command loads a package only when a command needs it', async () => {
  const { metafile } = await build({
    entryPoints: ['packages/cli/src/main.ts'],
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    outdir: 'out',
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
  const packages = new Set<string>();
  const visit = (output: string): void => {
    for (const { path, kind, external } of metafile.outputs[output]?.imports ?? [])
      if (kind === 'import-statement') external ? packages.add(path) : visit(path);
  };
  visit('out/main.js');
  expect([...packages].filter((name) => !isBuiltin(name))).toEqual(['commander']);
});
