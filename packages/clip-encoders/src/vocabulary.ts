// Checks that a tokenizer has the vocabulary that a family's text encoder was trained with.
import { VocabularyError } from './errors.ts';
import { type Family, type FamilyName, families } from './families.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';

/** The token with an id, as written in the published vocabulary file. */
function tokenAt(tokenizer: Pick<Tokenizer, 'toJson'>, id: number): string | undefined {
  const json = tokenizer.toJson();
  if (json.kind === 'word-piece') return json.pieces[id];
  // 512 characters come before CLIP's merges.
  if (json.kind === 'clip') return json.merges[id - 512]?.replace(' ', '');
  return undefined;
}

/**
 * Refuses a vocabulary of the published size with other content, such as that of bert-base-uncased for BiomedBERT: both have 30,522 pieces,
 * but encode prompts differently. Vocabularies of other sizes belong to models trained from scratch and are not checked.
 *
 * @throws VocabularyError if a known token has another id
 */
export function checkVocabulary(tokenizer: Pick<Tokenizer, 'size' | 'toJson'>, family: FamilyName): void {
  const { vocabulary }: Family = families[family];
  if (tokenizer.size !== vocabulary.size) return;
  for (const [id, token] of vocabulary.tokens) {
    const found = tokenAt(tokenizer, id);
    if (found !== token)
      throw new VocabularyError(
        `token '${token}' with id ${id}`,
        found === undefined ? 'none' : `'${found}'`,
        `Give the tokenizer of ${vocabulary.source}.`,
      );
  }
}
