// What a release publishes: npm run release:dry packs, checks and lists it; npm run release publishes the same tarballs.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { faults } from './check.ts';
import { command, type Packed, pack } from './stage.ts';

const { values } = parseArgs({
  options: {
    /** Also print the paths in each tarball, and the changelog of each package. */
    list: { type: 'boolean' },
    changelog: { type: 'boolean' },
    /** Publish what passes, in the order of dependencies; what is published already is left as it is. */
    publish: { type: 'boolean' },
  },
});

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;

/** Each package after the packages it depends on, so that no published package lacks a dependency. */
function inOrder(packages: readonly Packed[]): Packed[] {
  const byName = new Map(packages.map((packed) => [packed.manifest.name, packed]));
  const ordered = new Set<Packed>();
  const visit = (packed: Packed) => {
    for (const name of Object.keys(packed.manifest.dependencies ?? {})) {
      const dependency = byName.get(name);
      if (dependency && !ordered.has(dependency)) visit(dependency);
    }
    ordered.add(packed);
  };
  for (const packed of packages) visit(packed);
  return [...ordered];
}

async function isPublished(name: string, version: string): Promise<boolean> {
  try {
    return (await command('.', 'npm', ['view', `${name}@${version}`, 'version'])).trim() === version;
  } catch (error) {
    if (/E404/.test((error as { stderr?: string }).stderr ?? '')) return false;
    throw error;
  }
}

async function publish(packages: readonly Packed[], version: string): Promise<void> {
  const { version: committed } = JSON.parse(await readFile('packages/medclipseg/package.json', 'utf8'));
  if (committed !== version)
    throw new Error(
      `release: expected committed versions, got changesets for ${version}. Run npm run release:version and commit.`,
    );
  for (const { manifest, tarball } of inOrder(packages)) {
    if (await isPublished(manifest.name, version)) console.log(`${manifest.name}@${version}: published before`);
    else console.log(await command('.', 'npm', ['publish', tarball, '--access', 'public', '--provenance']));
  }
}

const folder = await mkdtemp(join(tmpdir(), 'medclipseg-release-'));
try {
  const packages = await pack(folder);
  const version = packages[0]?.manifest.version ?? '';
  const wrong: string[] = [];
  for (const packed of packages) {
    const { manifest, files, size, unpackedSize } = packed;
    const sizes = `${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`;
    console.log(`${manifest.name}@${manifest.version}: ${files.length} files, ${sizes}`);
    if (values.list) for (const path of files) console.log(`    ${path}`);
    if (values.changelog) console.log(await readFile(join(packed.folder, 'CHANGELOG.md'), 'utf8'));
    wrong.push(...(await faults(packed, version)));
  }
  for (const fault of wrong) console.error(fault);
  if (wrong.length > 0) process.exitCode = 1;
  else console.log(`${packages.length} packages can be published as ${version}`);
  if (values.publish && wrong.length === 0) await publish(packages, version);
} finally {
  await rm(folder, { recursive: true });
}
