// The one bundling recipe: every package names its entries and nothing else.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';

/** Source maps refer to `src`, which is published, instead of repeating it. */
async function leanSourceMaps(): Promise<void> {
  for (const name of (await readdir('dist')).filter((name) => name.endsWith('.map'))) {
    const { sourcesContent: _, ...map } = JSON.parse(await readFile(`dist/${name}`, 'utf8'));
    await writeFile(`dist/${name}`, JSON.stringify(map));
  }
}

/** @param onSuccess adds files that are not built, in the package's folder */
export const packageBuild = (entry: Record<string, string>, onSuccess?: () => Promise<void>) =>
  defineConfig({
    entry,
    onSuccess: async () => {
      await leanSourceMaps();
      await onSuccess?.();
    },
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    dts: true,
    sourcemap: true,
    clean: true,
    treeshake: true,
    splitting: true,
    // Dependencies stay imports; sibling packages resolve to their published files.
    skipNodeModulesBundle: true,
    esbuildOptions: (options) => {
      options.conditions = [];
    },
  });
