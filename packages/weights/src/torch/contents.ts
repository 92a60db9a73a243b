// A tensor file from the object that a PyTorch pickle holds.
import type { ByteSource } from '../sources/byte-source.ts';
import { type TensorFile, type TensorInfo, tensorFile } from '../tensor-file.ts';
import { leavesOf } from './leaves.ts';
import { isTensor, type StorageReference } from './pickle-values.ts';
import { gather, identityOf, type View, viewOf } from './views.ts';

/** Finds the first byte of a storage in the file, and proves that all of it is there. */
export type Locate = (storage: StorageReference) => Promise<number>;

/** Tensors become tensors under their dotted names, texts and numbers metadata. */
export function contentsOf(source: ByteSource, value: unknown, locate: Locate): TensorFile {
  const tensors = new Map<string, TensorInfo & View>();
  const metadata: [string, string][] = [];
  const firstNames = new Map<string, string>();
  for (const [name, leaf] of leavesOf(value, source.name)) {
    if (isTensor(leaf)) {
      const view = viewOf(leaf, source.name, name);
      const identity = identityOf(view);
      const aliasOf = firstNames.get(identity);
      if (aliasOf === undefined) firstNames.set(identity, name);
      tensors.set(name, aliasOf === undefined ? view : { ...view, aliasOf });
    } else if (['string', 'number', 'boolean'].includes(typeof leaf)) metadata.push([name, String(leaf)]);
  }
  return tensorFile(
    source.name,
    tensors,
    Object.fromEntries(metadata),
    async (view) => {
      if (view.extent === 0) return new Uint8Array();
      const start = await locate(view.storage);
      return gather(await source.read(start + view.begin, view.extent), view);
    },
    () => source.close(),
  );
}
