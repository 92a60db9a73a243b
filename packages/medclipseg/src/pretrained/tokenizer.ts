// The tokenizer of weights that do not hold one.
import { checkVocabulary, type FamilyName, families } from '@medclipseg/clip-encoders';
import { openTokenizer, type Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import type { ModelConfig } from '../config.ts';
import { TokenizerError } from '../errors.ts';
import { locate, type ModelSource } from './locate.ts';
import type { Place, PlaceOptions } from './place.ts';
import { familyInName } from './weight-files.ts';

/** Files next to weights in which their tokenizer is looked for, in this order. */
const TOKENIZER_FILES = ['tokenizer.json', 'vocab.txt', 'bpe_simple_vocab_16e6.txt.gz', 'merges.txt'];

export interface TokenizerOptions extends PlaceOptions {
  /** The tokenizer or its file; by default a file next to the weights, or the published one on the model hub. */
  readonly tokenizer?: Tokenizer | ModelSource;
}

/** Where the tokenizer of a family is published: a file on the model hub. */
export const publishedTokenizer = (family: FamilyName): string =>
  `${families[family].vocabulary.source}/${families[family].textKind === 'bert' ? 'vocab.txt' : 'tokenizer.json'}`;

const isTokenizer = (given: Tokenizer | ModelSource): given is Tokenizer =>
  typeof given === 'object' && 'encode' in given;

async function openFile(
  source: ModelSource,
  { contextLength, ...options }: PlaceOptions & { readonly contextLength?: number },
): Promise<Tokenizer> {
  const { source: file } = await locate(source, options);
  try {
    return await openTokenizer(new Uint8Array(await file.read(0, file.size)), { contextLength });
  } finally {
    await file.close();
  }
}

async function openPublishedTokenizer(
  weights: string,
  family: FamilyName,
  { onProgress: _, revision: __, ...options }: PlaceOptions & { readonly contextLength?: number },
): Promise<Tokenizer> {
  const published = publishedTokenizer(family);
  return openFile(published, options).catch((cause) => {
    if (options.signal?.aborted) throw cause;
    throw new TokenizerError(
      weights,
      `its tokenizer next to it (${TOKENIZER_FILES.join(', ')}) or ${published} on the model hub`,
      `neither (${cause instanceof Error ? cause.message : cause})`,
      'Put the file there, or name it with `tokenizer` (on the command line --tokenizer).',
      { cause },
    );
  });
}

async function findTokenizer(
  { text }: Pick<ModelConfig, 'text'>,
  family: FamilyName,
  places: readonly Place[],
  options: PlaceOptions,
): Promise<Tokenizer> {
  for (const place of places)
    for (const name of TOKENIZER_FILES) {
      const bytes = await place.readSibling(name);
      if (bytes) return openTokenizer(bytes, { contextLength: text.context });
    }
  const { name } = places[0] as Place;
  if (text.vocabulary === families[family].vocabulary.size)
    return openPublishedTokenizer(name, family, { ...options, contextLength: text.context });
  throw new TokenizerError(
    name,
    `its tokenizer next to it (${TOKENIZER_FILES.join(', ')})`,
    'none',
    'Put the file there, or name it with `tokenizer` (on the command line --tokenizer).',
  );
}

/**
 * The tokenizer that is given, next to the weights, or published for the family.
 *
 * @throws {TokenizerError} if there is none, or one of another size
 * @throws {VocabularyError} if it has the right size but belongs to another model
 */
export async function tokenizerFor(
  config: Pick<ModelConfig, 'text'>,
  family: FamilyName,
  places: readonly Place[],
  { tokenizer: given, ...options }: TokenizerOptions,
): Promise<Tokenizer> {
  const { vocabulary, context: contextLength } = config.text;
  const tokenizer =
    given === undefined
      ? await findTokenizer(config, family, places, options)
      : isTokenizer(given)
        ? given
        : await openFile(given, { ...options, contextLength });
  if (tokenizer.size !== vocabulary)
    throw new TokenizerError(
      (places[0] as Place).name,
      `a tokenizer of ${vocabulary} ids`,
      `one of ${tokenizer.size}`,
      'Give the tokenizer that belongs to the encoders.',
    );
  checkVocabulary(tokenizer, family);
  return tokenizer;
}

/** Finds and checks the tokenizer of a published checkpoint on the hub before the checkpoint is downloaded. */
export async function prepareTokenizer(
  path: string,
  siblings: readonly string[],
  { tokenizer: given, family: named, ...options }: TokenizerOptions & { readonly family?: FamilyName },
): Promise<void> {
  const family = named ?? familyInName(path);
  if (given !== undefined) {
    const tokenizer = isTokenizer(given) ? given : await openFile(given, options);
    if (family !== undefined) checkVocabulary(tokenizer, family);
  } else if (family !== undefined && !TOKENIZER_FILES.some((name) => siblings.includes(name)))
    checkVocabulary(await openPublishedTokenizer(path, family, options), family);
}
