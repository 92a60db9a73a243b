// Before all suites: the packages are packed, served by a local registry, and installed in fresh projects.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openRegistry } from '../src/registry.ts';
import { pack } from '../src/stage.ts';
import { fixtures, npmProject, pnpmProjects, runtimes } from './projects.ts';
import { pages } from './units.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for everything; removed at the end. */
    readonly folder: string;
    /** The address of the local registry. */
    readonly registry: string;
    /** The projects, the files that examples read, and other runtimes. */
    readonly npm: string;
    readonly pnpm: string;
    readonly fixtures: string;
    readonly runtimes: string;
    /** The installed command, and the PATH of a reader who has it. */
    readonly medclipseg: string;
    readonly path: string;
  }
}

export default async function setup({ provide }: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'medclipseg-packed-'));
  const registry = await openRegistry(await pack(join(folder, 'repository')));
  const at = (name: string) => join(folder, name);
  await Promise.all([
    npmProject(at('npm'), registry.address, pages),
    pnpmProjects(at('pnpm'), registry.address, pages),
    runtimes(at('runtimes')),
  ]);

  // What npx would install is installed; first-command.test.ts has npx itself install it.
  const npx = '#!/bin/sh\nname=$1\nshift\n[ "$name" = @medclipseg/cli ] && name=medclipseg\nexec "$name" "$@"\n';
  await mkdir(at('shims'));
  await writeFile(at('shims/npx'), npx);
  await chmod(at('shims/npx'), 0o755);
  const medclipseg = at('npm/node_modules/.bin/medclipseg');
  await fixtures(at('fixtures'), medclipseg);

  for (const name of ['npm', 'pnpm', 'fixtures', 'runtimes'] as const) provide(name, at(name));
  provide('folder', folder);
  provide('registry', registry.address);
  provide('medclipseg', medclipseg);
  provide('path', `${at('shims')}:${at('npm/node_modules/.bin')}:${process.env.PATH}`);
  return async () => {
    registry.close();
    await rm(folder, { recursive: true, force: true });
  };
}
