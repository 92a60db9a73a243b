// From an empty folder to a mask with one command, and nothing but Node and a registry.
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { start } from './run.ts';

it('npx installs the command and segments an image', async () => {
  const folder = join(inject('folder'), 'empty');
  await mkdir(folder);
  await cp(join(inject('fixtures'), 'scan.png'), join(folder, 'scan.png'));
  // A cache of its own: npx keeps what it once installed under a name.
  await writeFile(join(folder, '.npmrc'), `registry=${inject('registry')}\ncache=${join(folder, '.cache')}\n`);
  const predict = ['predict', 'scan.png', '--prompt', 'one small polyp', '--samples', '2'];
  const { code, stdout, stderr } = await start('npx', ['--yes', '@medclipseg/cli', ...predict], folder);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining('out/scan-mask.png') });
  expect(await readdir(join(folder, 'out'))).toContain('scan-report.json');
});
