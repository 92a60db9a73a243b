// medclipseg dataset download, against a hub on the loopback interface that breaks off and sends wrong data.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { broken, type HubServer, hubServer } from '@medclipseg/testing/hub';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../main.ts');

let folder = '';
let hub: HubServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-'));
  hub = await hubServer({
    'BUSI.zip': archive({
      'BUSI/Test_Folder/img/a.png': 'image',
      'BUSI/Prompts_Folder/Test_text_original.csv': 'Image',
    }),
  });
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

function archive(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, body]) => [name, Buffer.from(body as string)])));
}

const run = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((done) => {
    const env = {
      ...process.env,
      HF_ENDPOINT: hub.url,
      HF_HUB_CACHE: join(folder, 'cache'),
      HF_TOKEN: '',
      HF_HUB_OFFLINE: '',
    };
    const node = ['--conditions=@medclipseg/source', '--import', 'tsx', main, 'dataset', 'download', ...args];
    execFile(process.execPath, node, { env }, (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

it('resumes after interruptions, unpacks, prints terms and citation, and does not touch what exists', async () => {
  hub.answers.push(broken(100), broken(150));
  const { code, out, err } = await run('BUSI', '--out', join(folder, 'data'), '--json');
  expect(err).toMatch(/BUSI: cite Al-Dhabyani .*Terms: /);
  expect(code).toBe(0);
  const busi = join(folder, 'data/BUSI');
  expect(JSON.parse(out)).toEqual({ BUSI: busi });
  expect(await readFile(join(busi, 'Test_Folder/img/a.png'), 'utf8')).toBe('image');
  expect(hub.asked.map(({ path }) => path)).toEqual(
    Array(3).fill(expect.stringMatching(/^\/datasets\/TahaKoleilat\/MedCLIPSeg\/resolve\//)),
  );
  const again = await run('BUSI', '--out', join(folder, 'data'));
  expect(again).toMatchObject({ code: 0, out: `${busi}\n` });
  expect(again.err).toContain('exists already');
  expect(hub.asked).toHaveLength(3);
});

it('an archive whose hash differs from that of the hub, or whose paths leave the folder, gives no folder', async () => {
  hub.answers.push(
    (_, response, content) =>
      void response.writeHead(200, { 'content-length': content.length }).end(Buffer.alloc(content.length)),
  );
  const lied = await run('BUSI', '--out', join(folder, 'data'));
  expect(lied).toMatchObject({ code: 1, out: '' });
  expect(lied.err).toMatch(/BUSI.zip: expected content with hash [0-9a-f]{64}/);
  hub.files.set('BUSI.zip', archive({ 'a.png': 'a', '../evil.png': 'b' }));
  const evil = await run('BUSI', '--out', join(folder, 'data'));
  expect(evil.code).toBe(1);
  expect(evil.err).toContain('evil.png');
  expect(await readdir(join(folder, 'data')).catch(() => [])).toEqual([]);
  expect(await readdir(folder)).not.toContain('evil.png');
});

it('a name that is none, and EUS without its archives, are wrong use', async () => {
  const unknown = await run('Kvasri');
  expect(unknown.code).toBe(2);
  expect(unknown.err).toMatch(/expected names among BUSI, .*, got Kvasri/);
  const eus = await run('EUS', '--out', join(folder, 'data'));
  expect(eus.code).toBe(2);
  expect(eus.err).toMatch(/EUS: expected the folder of its raw archives, got no --from. Get EUS_cancer/);
});

it('EUS is prepared from its archives', async () => {
  const tif = await sharp({ create: { width: 6, height: 4, channels: 3, background: 'gray' } })
    .tiff()
    .toBuffer();
  const raw = join(folder, 'raw');
  await mkdir(join(raw, 'Prompts_Folder'), { recursive: true });
  await writeFile(join(raw, 'EUS_cancer.zip'), archive({ 'any/C1/V1_1.tif': tif, 'any/Annotations/C1/V1_1.tif': tif }));
  await writeFile(join(raw, 'EUS_healthy.zip'), archive({ 'any/H1/V1_1.tif': tif }));
  for (const [sheet, name] of [
    ['Train_text', 'C1_V1_1'],
    ['Val_text', 'H1_V1_1'],
    ['Test_text_original', 'C1_V1_2'],
  ])
    await writeFile(join(raw, `Prompts_Folder/${sheet}.csv`), `Image,Description,Mask\n${name}.png,text,${name}.png\n`);
  const { code, err } = await run('EUS', '--from', raw, '--out', join(folder, 'data'));
  expect(err).toContain('EUS: 1 rows have no frame: C1_V1_2.png');
  expect(code).toBe(0);
  expect(await readdir(join(folder, 'data/EUS/Train_Folder/label'))).toEqual(['C1_V1_1.png']);
});
