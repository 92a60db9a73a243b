// Probability maps of a comparison of sampling methods, stored in a folder between runs.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';

/** The result of one sampling method for one image. */
export interface Estimated {
  readonly method: string;
  /** Passes through the network. */
  readonly samples: number;
  readonly ms: number;
  readonly map: Float32Array;
}

/** Sums over samples, and over the squared means of parts for the error of the mean. */
export interface Reference {
  readonly samples: number;
  readonly parts: number;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
const contents = async (path: string) => {
  const { buffer, byteOffset, byteLength } = await readFile(path);
  return buffer.slice(byteOffset, byteOffset + byteLength);
};
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

export type MapStore = ReturnType<typeof mapStore>;

/** @param kind of the reference; a folder may contain references of several kinds */
export function mapStore(folder: string, kind: string) {
  const listOf = (name: string) => join(folder, `${name}.json`);
  const mapsOf = (name: string) => join(folder, `${name}.maps`);
  const referenceOf = (name: string) => join(folder, `${name}.reference-${kind}`);
  return {
    hasEstimates: (name: string) => exists(listOf(name)),
    async saveEstimates(name: string, all: readonly Estimated[]): Promise<void> {
      const pixels = (all[0] as Estimated).map.length;
      const maps = new Float32Array(pixels * all.length);
      all.forEach(({ map }, i) => void maps.set(map, i * pixels));
      await writeFileAtomically(mapsOf(name), bytesOf(maps));
      await writeFileAtomically(
        listOf(name),
        JSON.stringify(all.map(({ method, samples, ms }) => ({ method, samples, ms }))),
      );
    },
    async estimates(name: string): Promise<Estimated[]> {
      const list = JSON.parse(await readFile(listOf(name), 'utf8')) as Omit<Estimated, 'map'>[];
      const maps = new Float32Array((await contents(mapsOf(name))) as ArrayBuffer);
      const pixels = maps.length / list.length;
      return list.map((entry, i) => ({ ...entry, map: maps.subarray(i * pixels, (i + 1) * pixels) }));
    },
    async reference(name: string, pixels: number): Promise<Reference> {
      if (!(await exists(referenceOf(name))))
        return { samples: 0, parts: 0, sum: new Float64Array(pixels), squares: new Float64Array(pixels) };
      const values = new Float64Array((await contents(referenceOf(name))) as ArrayBuffer);
      const [samples, parts] = values as unknown as [number, number];
      return { samples, parts, sum: values.subarray(2, 2 + pixels), squares: values.subarray(2 + pixels) };
    },
    /** Adds the mean of further samples. */
    async addReference(name: string, { samples, parts, sum, squares }: Reference, more: number, mean: Float32Array) {
      const values = new Float64Array(2 + 2 * mean.length);
      values.set([samples + more, parts + 1]);
      values.set(
        sum.map((v, i) => v + more * (mean[i] as number)),
        2,
      );
      values.set(
        squares.map((v, i) => v + (mean[i] as number) ** 2),
        2 + mean.length,
      );
      await writeFileAtomically(referenceOf(name), bytesOf(values), { durable: false });
    },
  };
}
