// Where a Vulkan driver is looked for.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasVulkanDriver } from './vulkan.ts';

let empty = '';
beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), 'vulkan-'));
});
afterAll(() => rm(empty, { recursive: true }));

/** An environment in which every folder that can be moved lies in `root`. */
const homeAt = (root: string) => ({
  HOME: root,
  XDG_CONFIG_HOME: join(root, 'config'),
  XDG_CONFIG_DIRS: root,
  XDG_DATA_HOME: join(root, 'local'),
  XDG_DATA_DIRS: `${join(root, 'a')}:${join(root, 'b')}`,
});

describe('hasVulkanDriver', () => {
  it('takes the word of the environment', async () => {
    expect(await hasVulkanDriver({ ...homeAt(empty), VK_ICD_FILENAMES: '/some/driver.json' })).toBe(true);
  });

  it('looks for manifests in every folder of the search path, and for nothing else in them', async () => {
    const folder = join(empty, 'b', 'vulkan', 'icd.d');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'README'), '');
    const without = await hasVulkanDriver(homeAt(empty));
    await writeFile(join(folder, 'gpu.x86_64.json'), '{}');
    expect(await hasVulkanDriver(homeAt(empty))).toBe(true);
    // Only /etc cannot be moved: a machine may have a driver there.
    const inEtc = await hasVulkanDriver(homeAt(join(empty, 'nothing')));
    expect(without).toBe(inEtc);
  });
});
