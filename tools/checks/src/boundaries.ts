// Which package may import which, as docs/architecture.md draws it.
import { importsOf, isTest, sources } from './repository.ts';

/** What the published code of a package may import from this repository. Tests and tools may import more, by public or internal entries. */
export const ALLOWED_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  '@medclipseg/nn': [],
  '@medclipseg/backends': [],
  '@medclipseg/weights': [],
  '@medclipseg/datasets': [],
  '@medclipseg/mini': [],
  '@medclipseg/onnx': [],
  '@medclipseg/losses': ['@medclipseg/nn'],
  '@medclipseg/pvl-attention': ['@medclipseg/nn'],
  '@medclipseg/clip-encoders': ['@medclipseg/nn', '@medclipseg/weights'],
  medclipseg: [
    '@medclipseg/backends',
    '@medclipseg/clip-encoders',
    '@medclipseg/datasets',
    '@medclipseg/losses',
    '@medclipseg/mini',
    '@medclipseg/nn',
    '@medclipseg/onnx',
    '@medclipseg/pvl-attention',
    '@medclipseg/weights',
  ],
};

/** Packages without tfjs. */
const WITHOUT_TFJS = ['@medclipseg/weights', '@medclipseg/datasets', '@medclipseg/mini'];

/** `packages/nn/src/x.ts` is in `@medclipseg/nn`. */
export const packageAt = (path: string): string | undefined => {
  const [, folder] = /^packages\/([\w-]+)\//.exec(path) ?? [];
  if (folder === undefined) return undefined;
  return folder === 'medclipseg' ? folder : `@medclipseg/${folder}`;
};

/** `@medclipseg/nn/testing` is of `@medclipseg/nn`. */
const packageOf = (specifier: string): string | undefined =>
  /^(@medclipseg\/[\w-]+|medclipseg)(?:\/|$)/.exec(specifier)?.[1];

/** The workspace (package, app or tool) that a file is part of. */
const workspaceAt = (path: string): string =>
  /^(?:packages|apps|tools)\/[\w-]+\//.exec(path)?.[0] ?? `${path.split('/')[0]}/`;

/** What is wrong with the imports of one file. */
export function violationsIn(path: string): string[] {
  const own = packageAt(path);
  const allowed = own === undefined || isTest(path) ? undefined : ALLOWED_IMPORTS[own];
  return importsOf(path).flatMap(({ specifier, file }) => {
    // Shared configurations at the root are no package's sources.
    if (file?.includes('/') && workspaceAt(file) !== workspaceAt(path))
      return [`${path}: imports ${specifier}, a file of another package. Use one of its entries.`];
    if (WITHOUT_TFJS.includes(own ?? '') && !isTest(path) && specifier.startsWith('@tensorflow/'))
      return [`${path}: imports ${specifier}; ${own} works without TensorFlow.js.`];
    const other = packageOf(specifier);
    if (allowed && other !== undefined && other !== own && !allowed.includes(other))
      return [`${path}: imports ${specifier}; ${own} may import only ${allowed.join(', ') || 'no other package'}.`];
    return [];
  });
}

/** The packages' sources and everything else that imports them. */
export const checkedSources = sources.filter((path) => /^(packages|apps|tools|benchmarks)\//.test(path));
