// What users download: bundles of pages, and folders on disk.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { expect, inject, it } from 'vitest';
import { start } from './run.ts';
import baseline from './sizes.json' with { type: 'json' };

interface Size {
  /** What a page downloads before it calls anything: the static imports. */
  readonly first: number;
  /** What it downloads in addition only when a call needs it: a format, a backend, the model hub. */
  readonly later: number;
}

/** Bytes of everything that a package exports, bundled, minified and gzipped, without TensorFlow.js. */
async function bundled(name: string): Promise<Size> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from '${name}'`, resolveDir: inject('npm') },
    absWorkingDir: inject('npm'),
    outdir: '/out',
    bundle: true,
    minify: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    // Emscripten's code names them where it runs in Node.
    external: ['@tensorflow/*', 'fs', 'path', 'node:*'],
  });
  const outputs: Metafile['outputs'] = metafile.outputs;
  const first = new Set<string>();
  const visit = (path: string): void => {
    if (first.has(path)) return;
    first.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
      if (kind !== 'dynamic-import' && !external) visit(next);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoint === '<stdin>') visit(path);
  const size = { first: 0, later: 0 };
  for (const { path, contents } of outputFiles) {
    const isFirst = [...first].some((name) => path.endsWith(name.replace(/^(\.\.\/)+/, '')));
    size[isFirst ? 'first' : 'later'] += gzipSync(contents, { level: 9 }).length;
  }
  return size;
}

/** Largest first download, in KB of 1024 bytes. */
const LIMITS: Readonly<Record<string, number>> = {
  '@medclipseg/losses': 2,
  '@medclipseg/pvl-attention': 4,
  '@medclipseg/nn': 8,
  '@medclipseg/weights': 14,
  medclipseg: 45,
};

it.each(Object.entries(baseline.bundles))(
  '%s has at most the recorded sizes in a page, plus 2 %%',
  async (name, { first, later }) => {
    const measured = await bundled(name);
    expect(measured.first).toBeGreaterThan(0);
    expect(measured.first).toBeLessThanOrEqual(Math.min(1.02 * first, 1024 * (LIMITS[name] ?? Infinity)));
    expect(measured.later).toBeLessThanOrEqual(1.02 * later);
  },
);

it('losses and pvl-attention install TensorFlow.js and little else', async () => {
  const folder = join(inject('folder'), 'small');
  await mkdir(folder);
  await writeFile(join(folder, '.npmrc'), `registry=${inject('registry')}\nfund=false\naudit=false\n`);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const names = [
    '@medclipseg/losses',
    '@medclipseg/pvl-attention',
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-backend-cpu',
  ];
  const { code } = await start('npm', ['install', '--prefer-offline', '--no-package-lock', ...names], folder);
  expect(code).toBe(0);
  const kilobytes = (path: string) =>
    Number(execFileSync('du', ['-sk', join(folder, path)], { encoding: 'utf8' }).split('\t')[0]);
  const own = kilobytes('node_modules/@medclipseg');
  const tensorflow = kilobytes('node_modules/@tensorflow');
  expect(own).toBeLessThan(1_000);
  // The rest: what tfjs-core installs for itself.
  expect(kilobytes('node_modules') - own - tensorflow).toBeLessThan(8_000);
});
