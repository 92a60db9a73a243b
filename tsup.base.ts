// The bundling recipe: every package names its entries and little else.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { defineConfig, type Options } from 'tsup';

/** Where packages that are built as modules also have bundles. */
const BUNDLED = 'bundled';

/** Source maps refer to `src`, which is published, instead of repeating it. */
async function leanSourceMaps(folder: string): Promise<void> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.map'));
  for (const name of names.filter((name) => !name.startsWith(BUNDLED))) {
    const { sourcesContent: _, ...map } = JSON.parse(await readFile(`${folder}/${name}`, 'utf8'));
    await writeFile(`${folder}/${name}`, JSON.stringify(map));
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
   * packages are smaller in one piece. Node loads few files faster than many, and gets these entries in one piece, in `dist/bundled`.
   */
  readonly modules?: { readonly bundled: Record<string, string> };
}

const RECIPE: Options = {
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  sourcemap: true,
  splitting: true,
  // Dependencies stay imports; sibling packages resolve to their published files.
  skipNodeModulesBundle: true,
  esbuildOptions: (options) => {
    options.conditions = [];
  },
};

export function packageBuild(entry: Record<string, string>, { onSuccess, modules }: BuildOptions = {}) {
  const main: Options = {
    ...RECIPE,
    entry: modules ? ['src/**/*.ts', '!src/**/*.{d,test}.ts', '!src/**/{fixtures,testing}/**'] : entry,
    onSuccess: async () => {
      await leanSourceMaps('dist');
      await onSuccess?.();
    },
    dts: { entry },
    clean: modules ? [`!${BUNDLED}/**`] : true,
    treeshake: !modules,
    ...(modules && { esbuildPlugins: [apart] }),
  };
  const outDir = `dist/${BUNDLED}`;
  return defineConfig(
    modules
      ? [
          main,
          {
            ...RECIPE,
            entry: { ...modules.bundled },
            outDir,
            clean: true,
            treeshake: true,
            onSuccess: () => leanSourceMaps(outDir),
          },
        ]
      : main,
  );
}
