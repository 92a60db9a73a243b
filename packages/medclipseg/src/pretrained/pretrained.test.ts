// A model by every kind of name, and what is said where there is none.
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { flatten } from '@medclipseg/nn';
import { bytesSource, openTensors } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { config, image, newParameters, tokenizer } from '../fixtures/tiny-model.ts';
import { examples } from '../fixtures/tiny-training.ts';
import { type Encoders, encodeCheckpoint, loadEncoders, MedCLIPSeg, type Network } from '../index.ts';
import { openCheckpointFolder } from '../node.ts';
import { examplesInMemory, fit, MemoryCheckpoints } from '../training/index.ts';

const COMMIT = 'c0ffee'.padEnd(40, '0');

let folder = '';
let bytes: Uint8Array<ArrayBuffer>;
let expected: Float32Array;
let tensors = 0;
beforeEach(async () => {
  await selectBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'pretrained-'));
  const model = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer);
  bytes = await encodeCheckpoint(model.network, tokenizer.toJson());
  expected = (await model.segment(image, 'polyp left', { samples: 2 })).probability;
  model.dispose();
  tensors = tf.memory().numTensors;
});
afterEach(async () => {
  expect(tf.memory().numTensors).toBe(tensors);
  await rm(folder, { recursive: true });
});

async function isTheModel(model: MedCLIPSeg): Promise<void> {
  expect((await model.segment(image, 'polyp left', { samples: 2 })).probability).toEqual(expected);
  model.dispose();
}

/** A server of files, as a model hub or as any other. */
async function served(files: Record<string, Uint8Array>, use: (url: string) => Promise<void>): Promise<void> {
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/api/models/owner/name/'))
      return void response.end(
        JSON.stringify({
          sha: COMMIT,
          siblings: Object.entries(files).map(([rfilename, { length }]) => ({
            rfilename,
            lfs: { sha256: hashes[rfilename], size: length },
          })),
        }),
      );
    const file = files[path.slice(path.lastIndexOf('/') + 1)];
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': file.length }).end(file);
  });
  const hashes: Record<string, string> = {};
  for (const [name, content] of Object.entries(files))
    hashes[name] = Buffer.from(await crypto.subtle.digest('SHA-256', content as Uint8Array<ArrayBuffer>)).toString(
      'hex',
    );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('fromPretrained', () => {
  it('opens bytes, a Blob, a file, a folder and a file address to the same model', async () => {
    const path = join(folder, 'latest.safetensors');
    await writeFile(path, bytes);
    for (const source of [bytes, new Blob([bytes]), path, folder, new URL(`file://${path}`)])
      await isTheModel(await MedCLIPSeg.fromPretrained(source));
  });

  it('says where a model is from, what the file says, and how far reading it is', async () => {
    const path = join(folder, 'any.safetensors');
    await writeFile(path, bytes);
    const seen: (number | undefined)[] = [];
    const onProgress = ({ loaded, total, file }: { loaded: number; total?: number; file: string }) => {
      expect([total, file]).toEqual([bytes.length, path]);
      seen.push(loaded);
    };
    const model = await MedCLIPSeg.fromPretrained(folder, { onProgress });
    expect(model.info).toEqual({ path, format: 'medclipseg', metadata: { version: expect.stringMatching(/^\d/) } });
    expect(model.network.config).toEqual(config);
    expect(model.tokenizer.encode('polyp left')).toEqual(tokenizer.encode('polyp left'));
    expect(seen).toEqual([...seen].sort((a, b) => (a ?? 0) - (b ?? 0)));
    expect(seen.at(-1)).toBe(bytes.length);
    model.dispose();
  });

  it('takes the backend that is asked for', async () => {
    const model = await MedCLIPSeg.fromPretrained(bytes, { device: 'cpu' });
    expect(tf.getBackend()).toBe('cpu');
    model.dispose();
    await selectBackend('wasm');
    tensors = tf.memory().numTensors;
  });

  it('opens an address, with progress', async () => {
    await served({ 'model.safetensors': bytes }, async (url) => {
      const last: unknown[] = [];
      const onProgress = (progress: unknown) => last.splice(0, 1, progress);
      await isTheModel(await MedCLIPSeg.fromPretrained(`${url}/model.safetensors`, { onProgress }));
      expect(last).toEqual([{ loaded: bytes.length, total: bytes.length, file: 'model.safetensors' }]);
      await expect(MedCLIPSeg.fromPretrained(`${url}/none.safetensors`)).rejects.toThrow(/HTTP 404/);
    });
  });

  it('opens a repository on the model hub, then from the cache alone', async () => {
    const cacheDir = join(folder, 'cache');
    await served({ 'model.safetensors': bytes, 'other.safetensors': bytes }, async (url) => {
      process.env.HF_ENDPOINT = url;
      await isTheModel(await MedCLIPSeg.fromPretrained('owner/name', { cacheDir }));
      const model = await MedCLIPSeg.fromPretrained('owner/name/other.safetensors', { cacheDir, revision: COMMIT });
      expect(model.info?.path).toBe(join(cacheDir, 'models--owner--name', 'snapshots', COMMIT, 'other.safetensors'));
      await isTheModel(model);
      await expect(MedCLIPSeg.fromPretrained('owner/name/othr.safetensors', { cacheDir })).rejects.toThrow(
        /Did you mean 'owner\/name\/other.safetensors'/,
      );
    });
    await isTheModel(await MedCLIPSeg.fromPretrained('owner/name', { cacheDir, localFilesOnly: true }));
    await expect(MedCLIPSeg.fromPretrained('owner/less', { cacheDir, localFilesOnly: true })).rejects.toThrow(
      /owner\/less: expected a path that exists, or a repository owner\/less on the model hub, got neither/,
    );
    delete process.env.HF_ENDPOINT;
  });

  it('names what is not there, and never asks the hub for a weight file', async () => {
    for (const path of [join(folder, 'none'), 'runs/none.safetensors', 'none'])
      await expect(MedCLIPSeg.fromPretrained(path)).rejects.toThrow(
        /expected a checkpoint or a folder with one, got n/,
      );
    await mkdir(join(folder, 'empty'));
    await expect(MedCLIPSeg.fromPretrained(join(folder, 'empty'))).rejects.toThrow(
      /a single weight file in it, got none/,
    );
    for (const name of ['a.pth', 'b.pth']) await writeFile(join(folder, name), bytes);
    await expect(MedCLIPSeg.fromPretrained(folder)).rejects.toThrow(/got a.pth, b.pth. Name the file/);
  });

  it('stops when asked to, and leaves nothing of a file that is cut short', async () => {
    await expect(MedCLIPSeg.fromPretrained(bytes, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
    const control = new AbortController();
    const onProgress = ({ loaded }: { loaded: number }) => loaded > bytes.length / 2 && control.abort();
    await expect(MedCLIPSeg.fromPretrained(bytes, { signal: control.signal, onProgress })).rejects.toThrow(/abort/);
    await expect(MedCLIPSeg.fromPretrained(bytes.slice(0, -10))).rejects.toThrow(/expected/);
  });
});

describe('encodeCheckpoint', () => {
  it('without a training cannot be resumed; any extension opens', async () => {
    const path = join(folder, 'latest.safetensors');
    await writeFile(path, bytes);
    const model = new MedCLIPSeg({ config, parameters: newParameters() }, tokenizer).unfreeze(/./);
    const checkpoints = await openCheckpointFolder(folder);
    await expect(
      fit(model, { train: examplesInMemory(examples()) }, {}, { checkpoints, resume: true }),
    ).rejects.toThrow(/expected the state of a training, got a model alone/);
    await checkpoints.close();
    model.dispose();
    await copyFile(path, join(folder, 'y.pth'));
    await isTheModel(await MedCLIPSeg.fromPretrained(join(folder, 'y.pth')));
  });
});

describe('a checkpoint of what was trained', () => {
  /** A model whose adapters and decoder differ from those in the file of its encoders. */
  async function trainedOn(source: string | Uint8Array): Promise<{ network: Network; encoders: Encoders }> {
    const encoders = await loadEncoders(source);
    const { vision, text, ...others } = newParameters(2);
    for (const tensor of flatten({ vision, text }).values()) tensor.dispose();
    return { network: { config, parameters: { ...others, ...encoders.parameters } }, encoders };
  }
  const isSame = async (model: MedCLIPSeg, probability: Float32Array) => {
    expect((await model.segment(image, 'polyp left', { samples: 2 })).probability).toEqual(probability);
    model.dispose();
  };

  it('names its encoders, finds them again, and says so when they are gone or others', async () => {
    const [original, moved] = [join(folder, 'encoders.safetensors'), join(folder, 'moved.safetensors')];
    await writeFile(original, bytes);
    const { network, encoders } = await trainedOn(original);
    const part = await encodeCheckpoint(network, tokenizer.toJson(), undefined, { encoders: encoders.reference });
    const whole = await encodeCheckpoint(network, tokenizer.toJson(), undefined, {
      encoders: encoders.reference,
      whole: true,
    });
    const file = await openTensors(bytesSource(part));
    expect([...file.tensors.keys()].filter((name) => /^model\.(vision|text)\./.test(name))).toEqual([]);
    expect(JSON.parse(file.metadata.encoders as string).source).toBe(original);
    const model = new MedCLIPSeg(network, tokenizer);
    const { probability } = await model.segment(image, 'polyp left', { samples: 2 });
    model.dispose();
    expect(probability).not.toEqual(expected);

    await isSame(await MedCLIPSeg.fromPretrained(part), probability);
    // Encoders of such a checkpoint keep the name they have.
    const again = await loadEncoders(part);
    expect(again.reference).toEqual(encoders.reference);
    tf.dispose([...flatten(again.parameters).values()]);

    await rename(original, moved);
    await isSame(await MedCLIPSeg.fromPretrained(whole), probability);
    await isSame(await MedCLIPSeg.fromPretrained(part, { encoders: moved }), probability);
    await expect(MedCLIPSeg.fromPretrained(part)).rejects.toThrow(
      /expected the encoders it was trained on, .*encoders.safetensors with SHA-256 .*Name their file with `encoders`/s,
    );
    const other = new MedCLIPSeg({ config, parameters: newParameters(3) }, tokenizer);
    const others = await encodeCheckpoint(other.network, tokenizer.toJson());
    other.dispose();
    await expect(MedCLIPSeg.fromPretrained(part, { encoders: others })).rejects.toThrow(
      /the file given with [0-9a-f]{64}. Give the file that it was trained on/,
    );
  });

  it('of a training is resumed only with its encoders', async () => {
    const path = join(folder, 'encoders.safetensors');
    await writeFile(path, bytes);
    const { adapters, upscaleBlocks } = config;
    const modelOn = async (source: string | Uint8Array) =>
      MedCLIPSeg.createOn(await loadEncoders(source), { adapters, upscaleBlocks });
    const checkpoints = new MemoryCheckpoints();
    const data = { train: examplesInMemory(examples(1)) };
    const train = async (model: MedCLIPSeg, plan: object, resume = true) => {
      await fit(model, data, { epochs: 1, ...plan }, { checkpoints, resume }).finally(() => model.dispose());
    };
    await train(await modelOn(path), {}, false);
    const { tensors } = await openTensors(bytesSource(checkpoints.newest as Uint8Array));
    expect([...tensors.keys()].filter((name) => /^model\.(vision|text)\./.test(name))).toEqual([]);
    await train(await modelOn(path), { epochs: 2 });
    await expect(train(MedCLIPSeg.create(config, tokenizer), { epochs: 3 })).rejects.toThrow(/vision.*missing/);
    // The same encoders without a name: from here on, checkpoints hold them.
    await train(await modelOn(bytes), { epochs: 3 });
    const other = new MedCLIPSeg({ config, parameters: newParameters(3) }, tokenizer);
    const others = await encodeCheckpoint(other.network, tokenizer.toJson());
    other.dispose();
    await expect(train(await modelOn(others), { epochs: 4 })).rejects.toThrow(
      /own frozen parameters, got other values/,
    );
  });

  it('cannot name encoders that came as bytes', async () => {
    const { reference, parameters } = await loadEncoders(bytes);
    expect(reference).toBeUndefined();
    tf.dispose([...flatten(parameters).values()]);
  });
});
