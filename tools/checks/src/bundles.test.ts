// What a page gets that bundles a package: nothing of ONNX unless it asks for it.
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
