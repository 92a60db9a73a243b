// The one bundling recipe: every package names its entries and nothing else.
import { defineConfig } from 'tsup';

/** @param onSuccess adds files that are not built, in the package's folder */
export const packageBuild = (entry: Record<string, string>, onSuccess?: () => Promise<void>) =>
  defineConfig({
    entry,
    onSuccess,
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
