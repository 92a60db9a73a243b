// Views of a file under other tensor names; nothing is read or copied.
import { FormatError } from '../errors.ts';
import type { TensorFile, TensorInfo } from '../tensor-file.ts';

/** The tensors that `rename` gives a name, under that name. */
function renamed(file: TensorFile, rename: (name: string) => string | undefined): TensorFile {
  const tensors = new Map<string, TensorInfo>();
  const sources = new Map<string, string>();
  // By the first name in the file, which may be left out here: the first name here of the same values.
  const firstNames = new Map<string, string>();
  for (const [source, { aliasOf, ...info }] of file.tensors) {
    const name = rename(source);
    if (name === undefined) continue;
    const first = firstNames.get(aliasOf ?? source);
    if (first === undefined) firstNames.set(aliasOf ?? source, name);
    tensors.set(name, first === undefined ? info : { ...info, aliasOf: first });
    sources.set(name, source);
  }
  const sourceOf = (name: string): string => {
    const source = sources.get(name);
    if (source === undefined) throw new FormatError('weights', `a tensor '${name}'`, 'none of that name');
    return source;
  };
  return {
    tensors,
    metadata: file.metadata,
    read: async (name) => file.read(sourceOf(name)),
    bytes: async (name) => file.bytes(sourceOf(name)),
    close: () => file.close(),
  };
}

/**
 * The tensors whose names begin with a prefix, without the prefix.
 *
 * @example
 * const model = stripPrefix(file, 'model.'); // 'model.proj' is 'proj'; 'optimizer.step' is left out
 */
export const stripPrefix = (file: TensorFile, prefix: string): TensorFile =>
  prefix === '' ? file : renamed(file, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : undefined));

/** Segments inserted by DataParallel and torch.compile, around a model or a part of it. */
const WRAPPERS: ReadonlySet<string> = new Set(['module', '_orig_mod']);
/** Entries of a checkpoint, and attributes of a training program, that hold a model. */
const CONTAINERS: ReadonlySet<string> = new Set(['model', 'state_dict', 'model_state_dict', 'net', 'network']);

const MAXIMUM_CHAINS = 16;
const MAXIMUM_DEPTH = 6;

/** A file without wrappers in its names, unless two tensors would then share a name. */
function withoutWrappers(file: TensorFile): TensorFile {
  const unwrap = (name: string) =>
    name
      .split('.')
      .filter((segment) => !WRAPPERS.has(segment))
      .join('.');
  const names = new Set([...file.tensors.keys()].map(unwrap));
  return names.size === file.tensors.size && !names.has('') ? renamed(file, unwrap) : file;
}

/**
 * Everything in a file that may be a model's state dictionary: the file itself, and the parts below `model.`, `state_dict.` and other
 * common containers, in any order and nesting. The wrappers `module.` (DataParallel) and `_orig_mod.` (torch.compile) are
 * removed from all names.
 *
 * @example
 * const model = unwrapped(file).find(({ tensors }) => tensors.has('visual.proj')); // from 'state_dict._orig_mod.model.visual.proj'
 */
export function unwrapped(file: TensorFile): readonly TensorFile[] {
  const plain = withoutWrappers(file);
  const prefixes = new Set(['']);
  for (const name of plain.tensors.keys()) {
    let prefix = '';
    for (const segment of name.split('.').slice(0, MAXIMUM_DEPTH)) {
      if (!CONTAINERS.has(segment) || prefixes.size >= MAXIMUM_CHAINS) break;
      prefix += `${segment}.`;
      prefixes.add(prefix);
    }
  }
  return [...prefixes].map((prefix) => stripPrefix(plain, prefix));
}
