// A copy of the packages at the versions that a release would give them, and their tarballs.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly repository: { readonly url: string; readonly directory: string };
  readonly [field: string]: unknown;
}

/** One package as it would be published. */
export interface Packed {
  readonly manifest: Manifest;
  /** Its folder in the copy, with the changelog that the release writes. */
  readonly folder: string;
  readonly tarball: string;
  /** Paths in the tarball, and its size packed and unpacked, in bytes. */
  readonly files: readonly string[];
  readonly size: number;
  readonly unpackedSize: number;
}

/** Runs a command of this repository's own tools in a folder; its output is in the error if it fails. */
export async function command(folder: string, file: string, parameters: readonly string[]): Promise<string> {
  const { stdout } = await run(file, [...parameters], { cwd: folder, maxBuffer: 2 ** 28 });
  return stdout;
}

const tracked = (): string[] =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
    .split('\0')
    .filter((path) => path && existsSync(join(ROOT, path)));

/** Copies what a release reads to `folder`: packages with their builds, and the manifests of everything else. */
async function copyRepository(folder: string): Promise<void> {
  const paths = tracked().filter(
    (path) => /^(packages|\.changeset)\//.test(path) || /(^|\/)package(-lock)?\.json$/.test(path),
  );
  const builds = [...new Set(paths.flatMap((path) => /^packages\/[^/]+/.exec(path) ?? []))].map(
    (path) => `${path}/dist`,
  );
  for (const build of builds)
    if (!existsSync(join(ROOT, build))) throw new Error(`${build}: expected a build, got none. Run: npm run build`);
  for (const path of [...paths, ...builds]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  }
  // Changesets reads its changelog module and its own schema from here.
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

const version = async (folder: string): Promise<void> => {
  await command(folder, 'git', ['init', '--quiet', '--initial-branch', 'main']);
  await command(folder, process.execPath, [join(ROOT, 'node_modules/@changesets/cli/bin.js'), 'version']);
};

/** Markdown with links into the repository made absolute, at the tag of the release, so that they work on npm's pages. */
export function absoluteLinks(
  markdown: string,
  { repository, version }: Pick<Manifest, 'repository' | 'version'>,
): string {
  const address = repository.url.replace(/^git\+|\.git$/g, '');
  return markdown.replace(
    /(!?)(\[[^\]]*\])\((?!https?:|#|mailto:)([^)\s]+)\)/g,
    (_, image: string, text: string, link: string) => {
      const path = posix.join(repository.directory, link);
      if (path.startsWith('..') || !existsSync(join(ROOT, path.replace(/#.*/, ''))))
        throw new Error(`${repository.directory}/README.md: expected a file of the repository, got ${link}`);
      return `${image}${text}(${address}/${image ? 'raw' : 'blob'}/v${version}/${path})`;
    },
  );
}

interface NpmPack {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Gives every package its next version in a new folder and packs all that are not private. */
export async function pack(folder: string): Promise<Packed[]> {
  await mkdir(folder, { recursive: true });
  await copyRepository(folder);
  await version(folder);
  const folders = [
    ...new Set(tracked().flatMap((path) => /^packages\/[^/]+(?=\/package\.json$)/.exec(path) ?? [])),
  ].map((path) => join(folder, path));
  const manifests = await Promise.all(
    folders.map(async (folder) => {
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
      const readme = join(folder, 'README.md');
      await writeFile(readme, absoluteLinks(await readFile(readme, 'utf8'), manifest));
      return manifest;
    }),
  );
  const tarballs = join(folder, 'tarballs');
  await mkdir(tarballs);
  const printed = await command(folder, 'npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--workspaces=false',
    '--pack-destination',
    tarballs,
    ...folders,
  ]);
  const packed = JSON.parse(printed) as readonly NpmPack[];
  return manifests.map((manifest, index) => {
    const entry = packed.find(({ name }) => name === manifest.name);
    if (!entry) throw new Error(`${manifest.name}: expected a tarball, got none`);
    const { filename, files, size, unpackedSize } = entry;
    return {
      manifest,
      folder: folders[index] as string,
      tarball: join(tarballs, filename.replace('@', '').replace('/', '-')),
      files: files.map(({ path }) => path),
      size,
      unpackedSize,
    };
  });
}
