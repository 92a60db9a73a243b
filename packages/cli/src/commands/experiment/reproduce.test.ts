// experiment reproduce against a hub on loopback that has checkpoints of two datasets in the layout of the real repository.

import { selectBackend } from '@medclipseg/backends';
import { type HubServer, hubServer } from '@medclipseg/testing/hub';
import { publishedCheckpoint, REPOSITORY, releasedPath, VOCABULARY, vocabulary } from '@medclipseg/testing/released';
import { toyExperiments } from '@medclipseg/testing/toy-experiments';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { call } from './fixtures/call.ts';

let toy: Awaited<ReturnType<typeof toyExperiments>>;
let hub: HubServer;
beforeAll(async () => {
  await selectBackend('wasm');
  toy = await toyExperiments();
  const [whole, tenth, other] = [
    await publishedCheckpoint(1),
    await publishedCheckpoint(2),
    await publishedCheckpoint(3),
  ];
  hub = await hubServer(
    {},
    {
      [REPOSITORY]: {
        'checkpoints/unimed_clip_vit_b16.pt': new Uint8Array(9),
        [releasedPath('Kvasir')]: whole,
        [releasedPath('Kvasir_10')]: tenth,
        [releasedPath('BUSI')]: other,
      },
      [VOCABULARY]: { 'vocab.txt': vocabulary() },
    },
  );
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_HUB_CACHE', toy.at('cache'));
  vi.stubEnv('HF_TOKEN', '');
  vi.stubEnv('HF_HUB_OFFLINE', '');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await toy.remove();
});

const reproduce = (out: string, ...more: string[]) =>
  call([
    'experiment',
    'reproduce',
    '--data',
    toy.data,
    '--out',
    toy.at(out),
    '--samples',
    '1',
    '--backend',
    'wasm',
    ...more,
  ]);

const MEASURED = String.raw`\d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\)`;

it('downloads, tests, and compares each number; what is missing is a row that says so', async () => {
  const { code, out, err } = await reproduce('a');
  expect(code, err).toBe(0);
  expect(out).toContain('|  | published | here | difference | published number in the interval |');
  expect(out).toMatch(
    new RegExp(String.raw`\| \*\*MedCLIPSeg, here, Kvasir\*\* \| 90\.15 \| ${MEASURED} \| -\d+\.\d\d \| no \|`),
  );
  expect(out).toMatch(new RegExp(String.raw`\| \*\*MedCLIPSeg, here, UDIAT\*\* \| 74\.64 \| ${MEASURED} \| `));
  expect(out).toMatch(new RegExp(String.raw`\| \*\*Kvasir, 10 % NSD\*\* \| – \| ${MEASURED} \| – \| – \|`));
  expect(out).toContain(`| Kvasir, 25 % DSC | – | no checkpoint ${REPOSITORY}/Kvasir_25 | – | – |`);
  expect(out).toContain(`| MedCLIPSeg, here, BRISC | 80.92 | no checkpoint ${REPOSITORY}/BTMRI | – | – |`);
  expect(out).toContain('| MedCLIPSeg, here, BUSBRA | 75.06 | no dataset BUSBRA in --data | – | – |');
  expect(out).toContain(`| MedCLIPSeg, here, 100 % DSC | 88.66 | no checkpoint ${REPOSITORY}/BTMRI | – | – |`);
  expect((await toy.tables('a', 'reproduce')).csv).toMatch(
    /"MedCLIPSeg, here",Kvasir,90\.15,[\d.]+,[\d.]+,[\d.]+,,1,\d+,/,
  );
});

it('resumes without the hub, and in shards, with the same tables', async () => {
  const before = await toy.tables('a', 'reproduce');
  const asked = hub.asked.length;
  for (const shard of ['1/2', '2/2']) {
    const { code, err } = await reproduce('b', '--offline', '--shard', shard);
    expect(code, err).toBe(0);
  }
  expect(hub.asked.length).toBe(asked);
  expect((await call(['merge', toy.at('b')])).code).toBe(0);
  expect(await toy.tables('b', 'reproduce')).toEqual(before);
});

it('a repository that is not there is an error, not a table of nothing', async () => {
  const { code, err } = await reproduce('c', '--model', 'owner/nothing');
  expect(code).toBe(1);
  expect(err).toContain('owner/nothing');
});
