// A checkpoint of the reference with weights by the rule, generated while it is read.
import { createHash } from 'node:crypto';
import type { TensorFile, TensorInfo } from '@medclipseg/weights';
import { keyOfTensor, noiseOf, weightsOf } from './rule.ts';

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** @param shapes names and shapes in the order of the checkpoint */
export function generatedCheckpoint(shapes: Readonly<Record<string, readonly number[]>>): TensorFile {
  const firstNames = new Map<string, string>();
  const tensors = new Map<string, TensorInfo>();
  for (const [name, shape] of Object.entries(shapes)) {
    const key = keyOfTensor(name);
    const aliasOf = firstNames.get(key);
    if (aliasOf === undefined) firstNames.set(key, name);
    tensors.set(name, { dtype: 'F32', shape, ...(aliasOf !== undefined && { aliasOf }) });
  }
  const values = (name: string) => weightsOf(name, (tensors.get(name) as TensorInfo).shape);
  return {
    tensors,
    metadata: {},
    read: async (name) => ({ shape: (tensors.get(name) as TensorInfo).shape, data: values(name) }),
    bytes: async (name) => bytesOf(values(name)),
    close: async () => {},
  };
}

/** SHA-256 of all tensors in order, including aliases. */
export async function checkpointHash(file: TensorFile): Promise<string> {
  const hash = createHash('sha256');
  for (const name of file.tensors.keys()) hash.update(await file.bytes(name));
  return hash.digest('hex');
}

/** The noise of one forward pass: for each adapter first on the values of the text, then on those of the image. */
export function noiseDraws(
  sample: string,
  {
    adapters,
    textShape,
    imageShape,
  }: { adapters: number; textShape: readonly number[]; imageShape: readonly number[] },
): { shape: readonly number[]; data: Float32Array }[] {
  return Array.from({ length: 2 * adapters }, (_, draw) => {
    const shape = draw % 2 === 0 ? textShape : imageShape;
    return {
      shape,
      data: noiseOf(
        sample,
        draw,
        shape.reduce((product, size) => product * size, 1),
      ),
    };
  });
}

export function noiseHash(draws: readonly { readonly data: Float32Array }[]): string {
  const hash = createHash('sha256');
  for (const { data } of draws) hash.update(bytesOf(data));
  return hash.digest('hex');
}
