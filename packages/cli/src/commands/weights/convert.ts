// medclipseg weights convert: writes any weight file as safetensors, one tensor at a time.
import {
  type StoredTensor,
  storedTensors,
  stripPrefix,
  type TensorFile,
  unwrapped,
  type WritableType,
} from '@medclipseg/weights';
import { writeSafetensors } from '@medclipseg/weights/node';
import { trainedKeys } from 'medclipseg/internal';
import { UsageError } from '../../errors.ts';
import { openWeights } from './open.ts';
import { asReference } from './reference.ts';
import { openWhole } from './whole.ts';

export interface ConvertOptions {
  readonly below?: string;
  readonly keys: readonly string[];
  readonly trained?: boolean;
  readonly whole?: boolean;
  readonly encoders?: string;
  readonly dtype?: string;
  readonly reference?: string;
}

const TYPES: readonly string[] = ['F32', 'F16', 'BF16'] satisfies WritableType[];

/** Patterns of the modules that the published implementation trains: `pvl_adapters`, `upscale`, `mask_head`. */
const trainedPatterns = (): string[] => [
  ...new Set(trainedKeys.flatMap(({ key }) => key).map((name) => `${name.split('.')[0]}.*`)),
];

const matcher = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );

/** The tensors that match a pattern. Each pattern must match something: a typing error must not make the file smaller. */
function chosen(tensors: ReadonlyMap<string, StoredTensor>, patterns: readonly string[]): Map<string, StoredTensor> {
  const kept = new Set<string>();
  for (const pattern of patterns) {
    const expression = matcher(pattern);
    const names = [...tensors.keys()].filter((name) => expression.test(name));
    if (names.length === 0)
      throw new UsageError(
        `'${pattern}'`,
        'a pattern of names in the file',
        'one that matches none',
        'See `weights inspect`.',
      );
    for (const name of names) kept.add(name);
  }
  return new Map([...tensors].filter(([name]) => kept.has(name)));
}

/** The part of a file to convert: below the prefix given, or, for the trained part, wherever the file holds a model. */
function partOf(whole: TensorFile, { below, trained }: ConvertOptions): TensorFile {
  if (below === undefined) {
    const [pattern = ''] = trained ? trainedPatterns() : [];
    const isTrained = matcher(pattern);
    const found =
      trained && unwrapped(whole).find(({ tensors }) => [...tensors.keys()].some((key) => isTrained.test(key)));
    return found || whole;
  }
  const part = stripPrefix(whole, below);
  if (part.tensors.size === 0)
    throw new UsageError('--below', 'a prefix of names in the file', `'${below}'`, 'See `weights inspect`.');
  return part;
}

function select(whole: TensorFile, options: ConvertOptions): Map<string, StoredTensor> {
  const dtype = options.dtype as WritableType | undefined;
  const file = partOf(whole, options);
  const tensors =
    options.reference === undefined ? storedTensors(file, dtype) : asReference(file, options.reference, dtype);
  const patterns = [...options.keys, ...(options.trained ? trainedPatterns() : [])];
  return patterns.length === 0 ? tensors : chosen(tensors, patterns);
}

export async function convert(
  input: string,
  output: string,
  options: ConvertOptions,
  signal: AbortSignal,
): Promise<void> {
  if (options.dtype !== undefined && !TYPES.includes(options.dtype))
    throw new UsageError('--dtype', TYPES.join(', '), `'${options.dtype}'`, 'Choose one of them.');
  if (options.encoders !== undefined && !options.whole)
    throw new UsageError('--encoders', '--whole as well', 'only --encoders', 'Only a whole model contains encoders.');
  const file = options.whole ? await openWhole(input, options.encoders, signal) : await openWeights(input, signal);
  try {
    const tensors = select(file, options);
    // Our own metadata would be wrong in a checkpoint of the published implementation.
    const metadata = options.reference === undefined ? file.metadata : { format: 'pt' };
    await writeSafetensors(output, tensors, metadata, { signal });
    process.stdout.write(`${output}: ${tensors.size} tensors from ${file.tensors.size}\n`);
  } finally {
    await file.close();
  }
}
