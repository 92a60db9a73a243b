// What a tarball must fulfill before it is published.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { type Manifest, type Packed, ROOT } from './stage.ts';

const REQUIRED = ['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json'];
const FIELDS = [
  'author',
  'bugs',
  'description',
  'engines',
  'homepage',
  'keywords',
  'license',
  'repository',
  'sideEffects',
];
const UNWANTED = /\.test\.|(^|\/)(fixtures|testing|scripts|__tests__)\/|tsbuildinfo|(^|\/)\.|\.tgz$/;
/** Public entries that are in a folder with a name of the list above. */
const WANTED = /^src\/testing\//;

const isText = (path: string) => /\.(m?js|ts|json|map|md|ya?ml|sh|txt|css|html)$/.test(path);

function manifestFaults(manifest: Manifest, version: string, exported: boolean): string[] {
  const faults = FIELDS.filter((field) => manifest[field] === undefined).map((field) => `package.json: no ${field}`);
  if (manifest.version !== version)
    faults.push(`version: expected ${version} as the other packages, got ${manifest.version}`);
  for (const [name, range] of Object.entries(manifest.dependencies ?? {}))
    if (/^(@medclipseg\/|medclipseg$)/.test(name) && range !== version)
      faults.push(`dependency ${name}: expected ${version}, got ${range}`);
  if (!exported) faults.push('package.json: no exports');
  return faults;
}

async function contentFaults({ folder, files }: Packed): Promise<string[]> {
  const faults = [
    ...REQUIRED.filter((path) => !files.includes(path)).map((path) => `${path}: missing`),
    ...files.filter((path) => UNWANTED.test(path) && !WANTED.test(path)).map((path) => `${path}: not for users`),
  ];
  const machine = [ROOT, homedir(), folder].filter((path) => path.length > 5);
  for (const path of files.filter(isText)) {
    const text = await readFile(join(folder, path), 'utf8');
    for (const place of machine)
      if (text.includes(place)) faults.push(`${path}: has the path ${place} of this machine`);
    if (path.endsWith('.map') && /"sourcesContent":/.test(text)) faults.push(`${path}: repeats its sources`);
  }
  return faults;
}

async function typeFaults(tarball: Uint8Array): Promise<string[]> {
  const analysis = await checkPackage(createPackageFromTarballData(tarball));
  if (!analysis.types) return ['no types'];
  // The packages are ES modules: old resolution and `require` without support of ES modules do not count.
  return analysis.problems
    .filter((problem) => !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind))
    .map((problem) => `types: ${JSON.stringify(problem)}`);
}

/** Everything that is wrong with a tarball; nothing if it can be published. */
export async function faults(packed: Packed, version: string): Promise<string[]> {
  const tarball = await readFile(packed.tarball);
  const bytes = new Uint8Array(tarball.buffer, tarball.byteOffset, tarball.byteLength);
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: bytes.slice().buffer } });
  return [
    ...manifestFaults(packed.manifest, version, packed.manifest.exports !== undefined),
    ...(await contentFaults(packed)),
    ...messages.map((message) => `publint: ${formatMessage(message, pkg)}`),
    ...(await typeFaults(bytes)),
  ].map((fault) => `${packed.manifest.name}: ${fault}`);
}
