// The files of a repository, from the hub or from the cache.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMIT, type HubServer, hubServer, status } from '@medclipseg/testing/hub';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useHub } from '../../testing/hub-fixture.ts';
import { HttpError, NetworkError } from '../index.ts';
import { HubError, hubFile, listHubFiles } from './node.ts';

const RELEASED = 'TahaKoleilat/MedCLIPSeg';
const VOCABULARY = 'microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract';
const checkpoint = (folder: string) => `${folder}/trained_models/seed666/MedCLIPSeg_unimedclip_ViT-B-16_latest.pth`;

const at = useHub();
let hub: HubServer;
beforeEach(async () => {
  const released = ['Kvasir', 'Kvasir_10', 'BUSI'].map((folder, i) => [checkpoint(folder), new Uint8Array(i + 1)]);
  hub = await hubServer(
    {},
    {
      [RELEASED]: { ...Object.fromEntries(released), 'Kvasir.zip': new Uint8Array(9) },
      [VOCABULARY]: { 'vocab.txt': new TextEncoder().encode('[PAD]') },
    },
  );
});
afterEach(() => hub.close());
const options = () => ({ ...at.options, endpoint: hub.url });

it('lists all files, or those below a folder, with sizes, sorted by path', async () => {
  const { files, from } = await listHubFiles({ repo: RELEASED }, options());
  expect(from).toBe('hub');
  expect(files).toEqual([
    { path: checkpoint('BUSI'), size: 3 },
    { path: 'Kvasir.zip', size: 9 },
    { path: checkpoint('Kvasir'), size: 1 },
    { path: checkpoint('Kvasir_10'), size: 2 },
  ]);
  expect((await listHubFiles({ repo: RELEASED, path: 'Kvasir' }, options())).files).toEqual([
    { path: checkpoint('Kvasir'), size: 1 },
  ]);
  expect((await listHubFiles({ repo: RELEASED, path: 'Kvas' }, options())).files).toEqual([]);
});

it('offline, or if the hub is unreachable, lists what is in the cache', async () => {
  const offline = { ...options(), offline: true };
  await expect(listHubFiles({ repo: RELEASED }, offline)).rejects.toThrow(
    /TahaKoleilat\/MedCLIPSeg: expected files in .*, got none, and only local files are allowed/,
  );
  const path = await hubFile({ repo: RELEASED, path: checkpoint('Kvasir_10') }, options());
  const cached = { from: 'cache', files: [{ path: checkpoint('Kvasir_10'), size: 2 }] };
  expect(await listHubFiles({ repo: RELEASED }, offline)).toEqual(cached);
  expect(await listHubFiles({ repo: RELEASED, revision: COMMIT }, offline)).toEqual(cached);
  expect(await listHubFiles({ repo: RELEASED, path: 'Kvasir' }, offline)).toEqual({ from: 'cache', files: [] });
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  expect(await listHubFiles({ repo: RELEASED }, { ...options(), offline: undefined })).toEqual(cached);
  await expect(listHubFiles({ repo: VOCABULARY }, { ...options(), offline: undefined })).rejects.toThrow(
    /HF_HUB_OFFLINE is set/,
  );
  vi.unstubAllEnvs();

  const unreachable = { ...options(), endpoint: 'http://127.0.0.1:9' };
  expect(await listHubFiles({ repo: RELEASED }, unreachable)).toEqual(cached);
  await expect(listHubFiles({ repo: VOCABULARY }, unreachable)).rejects.toThrow(NetworkError);
  hub.apiAnswers.push(...Array.from({ length: 5 }, () => status(503)));
  expect(await listHubFiles({ repo: RELEASED }, options())).toEqual(cached);

  // A link whose content is gone is no file.
  const { folder } = { folder: join(at.cache, 'models--TahaKoleilat--MedCLIPSeg') };
  await rm(join(folder, 'blobs'), { recursive: true });
  expect(path).toContain(folder);
  await expect(listHubFiles({ repo: RELEASED }, offline)).rejects.toThrow(HubError);
});

it('a repository that does not exist is refused, as are names outside one', async () => {
  await expect(listHubFiles({ repo: 'owner/none' }, options())).rejects.toThrow(HttpError);
  await expect(listHubFiles({ repo: 'owner' }, options())).rejects.toThrow(/the form 'owner\/name'/);
  await expect(listHubFiles({ repo: RELEASED, path: '../x' }, options())).rejects.toThrow(/the path of a file/);
  await expect(listHubFiles({ repo: RELEASED, revision: 'none' }, options())).rejects.toThrow(/HTTP 404/);
});
