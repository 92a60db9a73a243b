// medclipseg weights, run as a user runs it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { shapesOf } from '@medclipseg/nn';
import { readMapped, type TensorValue } from '@medclipseg/weights';
import { openTensorFile, writeSafetensors } from '@medclipseg/weights/node';
import { checkpointKeys, modelSpec } from 'medclipseg/internal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = new URL('../../main.ts', import.meta.url).pathname;
const torchFile = (name: string) => new URL(`../../../../weights/fixtures/${name}`, import.meta.url).pathname;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=@medclipseg/source', '--import', 'tsx', main, 'weights', ...args],
      { env: { ...process.env, ...env } },
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

const shapesIn = async (path: string) => {
  const file = await openTensorFile(path);
  await file.close();
  return Object.fromEntries([...file.tensors].map(([name, { dtype, shape }]) => [name, `${dtype} [${shape}]`]));
};

describe('inspect', () => {
  it('lists tensors, shapes, types, aliases and metadata', async () => {
    const { code, out } = await run(['inspect', torchFile('views.pth')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^model\.alias +F32 +\[4,6\] += model\.whole$/m);
    expect(out).toMatch(/^model\.scalar +F32 +\[\]$/m);
    expect(out).toMatch(/^14 tensors of 101 numbers \(F32, F16, U8, F64\), 1 aliases$/m);
    expect(out).toMatch(/^epoch: 3$/m);
  });

  it('prints JSON for machines', async () => {
    const { out } = await run(['inspect', torchFile('script.pt'), '--json']);
    const { tensors } = JSON.parse(out);
    expect(tensors).toContainEqual({ name: 'conv.weight', dtype: 'F16', shape: [4, 3, 2, 2] });
  });

  it('escapes control characters in names', async () => {
    const path = join(folder, 'x.safetensors');
    await writeSafetensors(path, new Map([['\u001b[2Ja\u202e', { shape: [1], data: new Float32Array(1) }]]));
    const { out } = await run(['inspect', path]);
    expect(out).toContain('\\u001b[2Ja\\u202e');
  });

  it('inspects a file on a server', async () => {
    const bytes = await readFile(torchFile('types.safetensors'));
    const server = createServer((request, response) => {
      const [, first = '0', last = '0'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = bytes.subarray(Number(first), Number(last) + 1);
      const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
      response.writeHead(206, { 'content-range': range }).end(part);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { out } = await run(['inspect', `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.safetensors`]);
    server.close();
    expect(out).toMatch(/^F8_E4M3 +F8_E4M3 +\[256\]$/m);
  });

  it('refuses a missing file and one that holds no weights', async () => {
    expect(await run(['inspect', join(folder, 'none.pth')])).toMatchObject({
      code: 1,
      err: /expected a weight file, got none/,
    });
    expect(await run(['inspect', main])).toMatchObject({ code: 1, err: /expected safetensors or a PyTorch file/ });
  });
});

describe('convert', () => {
  it('takes the trained parameters without a prefix, wherever the file holds the model', async () => {
    const [input, output] = [join(folder, 'in.safetensors'), join(folder, 'out.safetensors')];
    const value = { shape: [1], data: new Float32Array(1) };
    const names = ['pvl_adapters.0.gate', 'upscale.0.bias', 'mask_head.0.bias', 'visual.proj'];
    await writeSafetensors(
      input,
      new Map([...names.map((name) => [`module._orig_mod.model.${name}`, value] as const), ['optimizer.step', value]]),
    );
    expect(await run(['convert', input, output, '--trained'])).toMatchObject({ code: 0, err: '' });
    expect(Object.keys(await shapesIn(output)).sort()).toEqual(names.slice(0, 3).sort());
  });

  it('writes a PyTorch file as safetensors, each tensor in its own type', async () => {
    const output = join(folder, 'x.safetensors');
    expect(await run(['convert', torchFile('views.pth'), output])).toMatchObject({
      code: 0,
      out: `${output}: 15 tensors from 15\n`,
    });
    const [before, after] = await Promise.all([openTensorFile(torchFile('views.pth')), openTensorFile(output)]);
    for (const [name, { dtype, aliasOf }] of before.tensors) {
      expect(after.tensors.get(name)).toMatchObject(aliasOf === undefined ? { dtype } : { dtype, aliasOf });
      expect(await after.read(name)).toEqual(await before.read(name));
    }
    expect(after.metadata).toEqual(before.metadata);
    await Promise.all([before.close(), after.close()]);
  });

  it('selects by prefix and pattern, and changes the type', async () => {
    const output = join(folder, 'x.safetensors');
    const options = ['--below', 'model.', '--keys', 's*', '--keys', 'half', '--dtype', 'BF16'];
    expect((await run(['convert', torchFile('views.pth'), output, ...options])).code).toBe(0);
    expect(await shapesIn(output)).toEqual({ half: 'BF16 [3,2]', scalar: 'BF16 []', strided: 'BF16 [4,3]' });
  });

  it('names the missing folder, without a stack', async () => {
    const output = join(folder, 'none', 'x.safetensors');
    const { code, err } = await run(['convert', torchFile('views.pth'), output]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /none.*: expected a place to write to, got 'ENOENT: no such file or directory'. Check that its folder/,
    );
    expect(err).not.toMatch(/^ +at /m);
  });

  it.each([
    [['--keys', 'modle.*'], /'modle\.\*': expected a pattern of names in the file/],
    [['--below', 'x.'], /--below: expected a prefix/],
    [['--dtype', 'F8'], /--dtype: expected F32, F16, BF16/],
    [['--reference', 'clop'], /--reference: expected unimedclip, biomedclip, clip, pubmedclip/],
  ])('refuses %j and writes nothing', async (options, message) => {
    const { code, err } = await run(['convert', torchFile('views.pth'), join(folder, 'x.safetensors'), ...options]);
    expect(err).toMatch(message);
    expect(code).toBe(2);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('convert --reference', () => {
  const sizes = { layers: 2, heads: 2, mlpWidth: 12, outputs: 6 };
  const config = (family: FamilyName) => ({
    vision: { ...families[family].vision, ...sizes, imageSize: 16, patch: 8, width: 8 },
    text: {
      ...sizes,
      kind: families[family].textKind,
      vocabulary: 20,
      context: 8,
      width: 8,
      positions: 8,
      projectionWidth: 7,
    },
    adapters: { width: 4, layers: [0, 1], beta: 2.35, gate: 0 },
    upscaleBlocks: 2,
    preprocessing: families[family].preprocessing,
  });

  it.each(Object.keys(families) as FamilyName[])(
    'gives %s the names, layouts and aliases that strict loading asks for',
    async (family) => {
      const shapes = shapesOf(modelSpec(config(family)));
      let next = 0;
      const ours = new Map(
        [...shapes].map(([name, shape]): [string, TensorValue] => [
          name,
          { shape, data: Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, () => next++) },
        ]),
      );
      const [input, output] = [join(folder, 'ours.safetensors'), join(folder, 'theirs.safetensors')];
      await writeSafetensors(input, new Map([...ours].map(([name, value]) => [`model.${name}`, value])), {
        format: 'medclipseg-checkpoint-1',
      });
      expect(await run(['convert', input, output, '--reference', family])).toMatchObject({ code: 0, err: '' });

      const theirs = await openTensorFile(output);
      const back = await readMapped(theirs, checkpointKeys(family), shapes, { ignore: families[family].ignored });
      for (const [name, value] of ours) expect(back.get(name)).toEqual(value);
      expect(theirs.metadata).toEqual({ format: 'pt' });
      await theirs.close();

      const written = await shapesIn(output);
      expect(written).toMatchObject({
        'pvl_adapters.1.proj_vis_down.0.weight': 'F32 [4,8]',
        'upscale.0.conv1.weight': 'F32 [6,6,2,2]',
        'upscale.1.conv2.weight': 'F32 [6,1,3,3]',
        logit_scale: 'F32 []',
      });
      const doubled = family === 'clip' || family === 'pubmedclip';
      expect('clip_model.visual.conv1.weight' in written).toBe(doubled);
      expect('clip_model.logit_scale' in written).toBe(doubled);

      const trained = join(folder, 'trained.safetensors');
      await run(['convert', output, trained, '--trained']);
      expect(new Set(Object.keys(await shapesIn(trained)).map((name) => name.split('.')[0]))).toEqual(
        new Set(['pvl_adapters', 'upscale', 'mask_head']),
      );
    },
  );

  it('lists tensors for which the published implementation has no name', async () => {
    const { code, err } = await run(['convert', torchFile('views.pth'), join(folder, 'x'), '--reference', 'clip']);
    expect(code).toBe(1);
    expect(err).toMatch(/unexpected:\n {2}whole/);
  });
});

describe('download', () => {
  const content = new TextEncoder().encode('weights');
  const commit = 'c0ffee'.padEnd(40, '0');
  const sha256 = createHash('sha256').update(content).digest('hex');

  it('downloads a file into the shared cache and prints its path', async () => {
    const server = createServer((request, response) => {
      if (!request.url?.startsWith('/api/')) return void response.end(content);
      const siblings = [{ rfilename: 'a.pth', lfs: { sha256, size: content.length } }];
      response.end(JSON.stringify({ sha: commit, siblings }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const env = {
      HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      HF_HUB_CACHE: folder,
      HF_HUB_OFFLINE: '',
    };
    const path = join(folder, 'models--owner--name', 'snapshots', commit, 'a.pth');
    expect(await run(['download', 'owner/name', 'a.pth'], env)).toMatchObject({ code: 0, out: `${path}\n` });
    expect(await readFile(path, 'utf8')).toBe('weights');
    expect(JSON.parse((await run(['download', 'owner/name', 'a.pth', '--json'], env)).out)).toEqual({ 'a.pth': path });
    expect(await run(['download', 'owner/name', 'b.pth'], env)).toMatchObject({ code: 1, err: /Did you mean 'a.pth'/ });
    server.close();
    expect(await run(['download', 'owner/name', 'a.pth'], { ...env, HF_HUB_OFFLINE: '1' })).toMatchObject({
      code: 0,
      out: `${path}\n`,
    });
  });
});
