// Weight files that a user picks from disk, opened in the page.
import { blobSource, openTensors, type TensorFile } from '@medclipseg/weights';
import { afterEach, expect, inject, it } from 'vitest';
import { userEvent } from 'vitest/browser';

declare module 'vitest' {
  interface ProvidedContext {
    readonly fixtures: string;
  }
}

afterEach(() => {
  document.body.innerHTML = '';
});

/** The file as an `<input type="file">` hands it over. */
async function choose(name: string): Promise<File> {
  const input = document.createElement('input');
  input.type = 'file';
  document.body.append(input);
  await userEvent.upload(input, `${inject('fixtures')}/${name}`);
  return input.files?.[0] as File;
}

const open = async (name: string) => openTensors(blobSource(await choose(name)));

const valuesOf = async (file: TensorFile) =>
  Object.fromEntries(
    await Promise.all([...file.tensors.keys()].sort().map(async (name) => [name, await file.read(name)] as const)),
  );

it.each(['types.safetensors', 'views.pth', 'views-legacy.pth', 'script.pt'])(
  '%s opens to its numbers',
  async (name) => {
    const [file, expected] = [await open(name), await open(`${name}.expected.safetensors`)];
    expect(file.tensors.size).toBeGreaterThan(0);
    expect(await valuesOf(file)).toEqual(await valuesOf(expected));
  },
);
