// The tokenizer that belongs to weights which do not hold it.
import { openTokenizer, type Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import type { ModelConfig } from '../config.ts';
import { TokenizerError } from '../errors.ts';
import type { Place, PlaceOptions } from '../platform/place.ts';
import { locate, type ModelSource } from '../pretrained/locate.ts';

const TOKENIZERS = ['tokenizer.json', 'vocab.txt', 'bpe_simple_vocab_16e6.txt.gz', 'merges.txt'];

async function findTokenizer(places: readonly Place[], contextLength: number): Promise<Tokenizer> {
  for (const place of places)
    for (const name of TOKENIZERS) {
      const bytes = await place.beside(name);
      if (bytes) return openTokenizer(bytes, { contextLength });
    }
  throw new TokenizerError(
    (places[0] as Place).name,
    `its tokenizer beside it (${TOKENIZERS.join(', ')})`,
    'none',
    'Put the file there, or name it.',
  );
}

async function tokenizerFrom(source: ModelSource, contextLength: number, options: PlaceOptions): Promise<Tokenizer> {
  const { source: file } = await locate(source, options);
  try {
    return await openTokenizer(new Uint8Array(await file.read(0, file.size)), { contextLength });
  } finally {
    await file.close();
  }
}

const isTokenizer = (given: Tokenizer | ModelSource): given is Tokenizer =>
  typeof given === 'object' && 'encode' in given;

/** The tokenizer that is named, or lies beside the weights. */
export async function tokenizerFor(
  { text }: Pick<ModelConfig, 'text'>,
  places: readonly Place[],
  { tokenizer, ...options }: PlaceOptions & { readonly tokenizer?: Tokenizer | ModelSource },
): Promise<Tokenizer> {
  const find = () =>
    tokenizer === undefined
      ? findTokenizer(places, text.context)
      : tokenizerFrom(tokenizer as ModelSource, text.context, options);
  const found = tokenizer !== undefined && isTokenizer(tokenizer) ? tokenizer : await find();
  if (found.size !== text.vocabulary)
    throw new TokenizerError(
      (places[0] as Place).name,
      `a tokenizer of ${text.vocabulary} ids`,
      `one of ${found.size}`,
      'Give the tokenizer that belongs to the encoders.',
    );
  return found;
}
