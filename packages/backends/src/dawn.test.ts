import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasVulkanDriver, throttlePolling } from './dawn.ts';

describe('hasVulkanDriver', () => {
  let empty = '';
  beforeAll(async () => {
    empty = await mkdtemp(join(tmpdir(), 'vulkan-'));
  });
  afterAll(() => rm(empty, { recursive: true }));

  /** An environment in which every configurable folder is below `root`. */
  const homeAt = (root: string) => ({
    HOME: root,
    XDG_CONFIG_HOME: join(root, 'config'),
    XDG_CONFIG_DIRS: root,
    XDG_DATA_HOME: join(root, 'local'),
    XDG_DATA_DIRS: `${join(root, 'a')}:${join(root, 'b')}`,
  });

  it('trusts a driver that the environment names', async () => {
    expect(await hasVulkanDriver({ ...homeAt(empty), VK_ICD_FILENAMES: '/some/driver.json' })).toBe(true);
  });

  it('looks for manifests in every folder of the search path and ignores other files', async () => {
    const folder = join(empty, 'b', 'vulkan', 'icd.d');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'README'), '');
    const without = await hasVulkanDriver(homeAt(empty));
    await writeFile(join(folder, 'gpu.x86_64.json'), '{}');
    expect(await hasVulkanDriver(homeAt(empty))).toBe(true);
    // Only /etc is fixed: a machine may have a driver there.
    const inEtc = await hasVulkanDriver(homeAt(join(empty, 'nothing')));
    expect(without).toBe(inEtc);
  });
});

describe('throttlePolling', () => {
  it('delays native callbacks only, and restores setImmediate', async () => {
    const before = globalThis.setImmediate;
    const restore = throttlePolling();
    const order: string[] = [];
    const polled = new Promise<string>((resolve) => {
      // Like Dawn's callback, a function that is not written in JavaScript.
      setImmediate(resolve as (text: string) => void, 'polled');
    }).then((text) => order.push(text));
    setImmediate((text: string) => order.push(text), 'at once');
    await promisify(before)();
    expect(order).toEqual(['at once']);
    await polled;
    expect(order).toEqual(['at once', 'polled']);
    restore();
    expect(globalThis.setImmediate).toBe(before);
  });

  it('leaves a later replacement of setImmediate in place', () => {
    const before = globalThis.setImmediate;
    const restore = throttlePolling();
    const theirs = Object.assign((callback: () => void) => before(callback), { __promisify__: before.__promisify__ });
    globalThis.setImmediate = theirs as typeof setImmediate;
    restore();
    expect(globalThis.setImmediate).toBe(theirs);
    globalThis.setImmediate = before;
  });
});
