// A misbehaving hub and a cache of its own for every test.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HubServer, hubServer, REPO } from '@medclipseg/testing/hub';
import { afterEach, beforeEach, expect } from 'vitest';
import type { HubFileOptions } from '../src/hub/node.ts';

export const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 5);
export const file = { repo: REPO, path: 'weights/model.safetensors' };

/** The hub and the cache of the running test. */
export interface HubFixture {
  readonly hub: HubServer;
  readonly cache: string;
  readonly options: HubFileOptions;
  /** Milliseconds of the waits between requests, which are skipped. */
  readonly waits: readonly number[];
  /** The repository's folder in the cache. */
  readonly folder: string;
  blobs(): Promise<string[]>;
  /** Names of partial downloads. */
  partial(): Promise<string[]>;
  /** The ranges requested, in order. */
  ranges(): (string | undefined)[];
}

export function useHub(): HubFixture {
  let hub: HubServer;
  let cache = '';
  let waits: number[] = [];
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'hub-'));
    hub = await hubServer({ [file.path]: content, 'config.json': new TextEncoder().encode('{}') });
    waits = [];
  });
  afterEach(async () => {
    await hub.close();
    await rm(cache, { recursive: true });
  });
  return {
    get hub() {
      return hub;
    },
    get cache() {
      return cache;
    },
    get waits() {
      return waits;
    },
    get options() {
      const wait = async (milliseconds: number) => void waits.push(milliseconds);
      return { cache, endpoint: hub.url, token: 'secret', offline: false, wait };
    },
    get folder() {
      return join(cache, 'models--owner--model');
    },
    blobs() {
      return readdir(join(this.folder, 'blobs')).catch(() => []);
    },
    async partial() {
      return (await this.blobs()).filter((name) => name.endsWith('.incomplete'));
    },
    ranges: () => hub.asked.map(({ headers }) => headers.range),
  };
}

export const isWhole = async (path: string): Promise<void> => expect((await readFile(path)).equals(content)).toBe(true);
