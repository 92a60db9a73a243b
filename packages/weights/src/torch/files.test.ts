// Files written by PyTorch give the numbers of PyTorch. They were made by `fixtures/make.py`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blobSource, bytesSource, FormatError, openTensors, type TensorFile } from '../index.ts';

const bytesOf = (name: string) => readFile(join(import.meta.dirname, '../../fixtures', name));
const open = async (name: string) => openTensors(bytesSource(await bytesOf(name), name));

const valuesOf = async (file: TensorFile) =>
  Object.fromEntries(
    await Promise.all([...file.tensors.keys()].sort().map(async (name) => [name, await file.read(name)] as const)),
  );

describe.each([
  'types.pth',
  'types.safetensors',
  'views.pth',
  'views-protocol-4.pth',
  'views-legacy.pth',
  'training.pth',
  'training-protocol-4.pth',
  'training-protocol-5.pth',
  'training-legacy.pth',
  'script.pt',
  'trace.pt',
])('%s', (name) => {
  it('gives the numbers of PyTorch, and its plain values as metadata', async () => {
    const [file, expected] = await Promise.all([open(name), open(`${name}.expected.safetensors`)]);
    expect(await valuesOf(file)).toEqual(await valuesOf(expected));
    expect(file.metadata).toMatchObject(expected.metadata);
  });

  it('gives the same from a Blob and from bytes at an odd address', async () => {
    const bytes = await bytesOf(name);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const expected = await valuesOf(await open(name));
    expect(await valuesOf(await openTensors(blobSource(new Blob([bytes]))))).toEqual(expected);
    expect(await valuesOf(await openTensors(bytesSource(shifted.subarray(1))))).toEqual(expected);
  });

  it('is refused without its last byte', async () => {
    const bytes = await bytesOf(name);
    await expect(openTensors(bytesSource(bytes.subarray(0, -1)))).rejects.toThrow(FormatError);
  });
});

describe('the description of tensors', () => {
  it('marks aliases, and only exact ones', async () => {
    const { tensors } = await open('views.pth');
    const aliases = [...tensors].filter(([, { aliasOf }]) => aliasOf !== undefined);
    expect(aliases.map(([name, { aliasOf }]) => [name, aliasOf])).toEqual([['model.alias', 'model.whole']]);
  });

  it('keeps the types', async () => {
    const { tensors } = await open('types.pth');
    for (const [name, { dtype }] of tensors) expect(dtype).toBe(name);
  });

  it('keeps the bytes of each type, in row-major order', async () => {
    const file = await open('views.pth');
    const transposed = await file.bytes('model.half');
    expect([...new Uint16Array(transposed.slice().buffer)]).toEqual([0, 0x4200, 0x3c00, 0x4400, 0x4000, 0x4500]);
  });

  it('ignores the code of TorchScript', async () => {
    const { tensors } = await open('script.pt');
    expect([...tensors.keys()].sort()).toEqual([
      'context_length',
      'conv.weight',
      'mlp.c_fc.bias',
      'mlp.c_fc.weight',
      'norm.bias',
      'norm.weight',
    ]);
    expect(tensors.get('conv.weight')?.dtype).toBe('F16');
  });
});
