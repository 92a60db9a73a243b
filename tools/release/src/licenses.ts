// Writes THIRD_PARTY_LICENSES.md: the licenses of what is installed with the packages. `--check` compares instead.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './stage.ts';

interface Locked {
  readonly license?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const PAGE = join(ROOT, 'THIRD_PARTY_LICENSES.md');
const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Where Node finds `name` from the folder `from`, as a key of the lock file. */
function found(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.includes('/') ? folder.slice(0, folder.lastIndexOf('/')) : '') {
    const path = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    if (packages[path]) return path;
    if (!folder) return undefined;
  }
}

/** Binaries of one platform have the license of the package that chooses among them. */
const ofPlatform = /^@img\/sharp-|^@webgpu\//;

const seen = new Set<string>();
const rows = new Map<string, string>();
function visit(path: string): void {
  const entry = packages[path];
  if (!entry || seen.has(path)) return;
  seen.add(path);
  if (entry.link) {
    visit(entry.resolved as string);
    return;
  }
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (path.includes('node_modules/') && !ofPlatform.test(name)) {
    if (!entry.license) throw new Error(`${name}: expected a license in package-lock.json, got none`);
    rows.set(name, entry.license);
  }
  for (const dependency of Object.keys({
    ...entry.dependencies,
    ...entry.optionalDependencies,
    ...entry.peerDependencies,
  })) {
    const at = found(path, dependency);
    if (at) visit(at);
  }
}
for (const path of Object.keys(packages)) if (/^packages\/[^/]+$/.test(path)) visit(path);

const table = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, license]) => `| ${name} | ${license} |`);
const page = `# Licenses of dependencies

This project is licensed under Apache-2.0. These packages are installed with it, or are its optional peers; \`npm run licenses\` writes this page
from the lock file. Prebuilt binaries of \`sharp\` contain libvips (LGPL-3.0-or-later).

| package | license |
| --- | --- |
${table.join('\n')}
`;

/** Without the spaces and lines that align a table. */
const plain = (text: string): string => text.replace(/[ -]+/g, ' ');

if (!process.argv.includes('--check')) await writeFile(PAGE, page);
else if (plain(await readFile(PAGE, 'utf8')) !== plain(page)) {
  console.error(
    'THIRD_PARTY_LICENSES.md: expected the packages of package-lock.json, got others. Run: npm run licenses',
  );
  process.exitCode = 1;
}
