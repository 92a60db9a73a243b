// The bundling recipe: every package names its entries and little else.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { defineConfig, type Options } from 'tsup';

/** Source maps refer to `src`, which is published, instead of repeating it. */
async function leanSourceMaps(): Promise<void> {
  for (const name of (await readdir('dist', { recursive: true })).filter((name) => name.endsWith('.map'))) {
    const { sourcesContent: _, ...map } = JSON.parse(await readFile(`dist/${name}`, 'utf8'));
    await writeFile(`dist/${name}`, JSON.stringify(map));
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
      await leanSourceMaps();
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
