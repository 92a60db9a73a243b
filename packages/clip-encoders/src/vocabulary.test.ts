// A vocabulary of the right size with other content is refused.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClipEncodersError, VocabularyError } from './errors.ts';
import { type FamilyName, families } from './families.ts';
import { clipTokenizer, openTokenizer, wordPieceTokenizer, wordTokenizer } from './tokenizers/index.ts';
import { checkVocabulary } from './vocabulary.ts';

const shared = process.env.MEDCLIPSEG_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const present = existsSync(`${shared}/vocab`);
if (!present && process.env.CI) throw new Error(`no vocabularies at ${shared}`);

const names = Object.keys(families) as FamilyName[];
const ofKind = (kind: string) => names.filter((name) => families[name].textKind === kind);

/** A vocabulary of BiomedBERT's size whose first pieces are `first`. */
const pieces = (...first: string[]) => [...first, ...Array.from({ length: 30522 - first.length }, (_, i) => `x${i}`)];

describe('vocabularies', () => {
  const expected = pieces('[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]');

  it.each(ofKind('bert'))('%s takes the special tokens of BiomedBERT', (family) => {
    expect(() => checkVocabulary(wordPieceTokenizer({ pieces: expected }), family)).not.toThrow();
  });

  it.each(ofKind('bert'))('%s refuses one piece out of place', (family) => {
    const swapped = pieces('[PAD]', '[UNK]', '[SEP]', '[CLS]', '[MASK]');
    const check = () => checkVocabulary(wordPieceTokenizer({ pieces: swapped }), family);
    expect(check).toThrow(VocabularyError);
    expect(check).toThrow(
      "vocabulary: expected token '[CLS]' with id 2, got '[SEP]'. Give the tokenizer of microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract.",
    );
  });

  it('of another kind with the right size is refused', () => {
    const words = Array.from({ length: 30522 - 4 }, (_, i) => `w${i}`);
    const tokenizer = wordTokenizer({ words, contextLength: 8 });
    expect(() => checkVocabulary(tokenizer, 'biomedclip')).toThrow("expected token '[PAD]' with id 0, got none");
  });

  it.each(ofKind('clip'))('%s refuses merges in another order', (family) => {
    const merges = Array.from({ length: 48894 }, (_, i) => `a${i} b`);
    try {
      checkVocabulary(clipTokenizer({ merges }), family);
      expect.unreachable();
    } catch (error) {
      expect(isClipEncodersError(error, 'clip-encoders/vocabulary')).toBe(true);
    }
  });

  it.each(names)('%s takes a vocabulary of another size, that of a model trained on its own', (family) => {
    expect(() => checkVocabulary(wordTokenizer({ words: ['polyp'], contextLength: 4 }), family)).not.toThrow();
  });

  describe.skipIf(!present)('as published', () => {
    const open = (name: string) => openTokenizer(new Uint8Array(readFileSync(`${shared}/vocab/${name}`)));
    it.each(ofKind('bert'))('%s refuses bert-base-uncased, which has as many pieces', async (family) => {
      const tokenizer = await open('bert-base-uncased-vocab.txt');
      expect(tokenizer.size).toBe(families[family].vocabulary.size);
      expect(() => checkVocabulary(tokenizer, family)).toThrow("expected token '[UNK]' with id 1, got '[unused0]'");
    });
    it.each(ofKind('clip'))("%s takes CLIP's merges", async (family) => {
      const tokenizer = await open('clip_bpe_simple_vocab_16e6.txt.gz');
      expect(tokenizer.size).toBe(families[family].vocabulary.size);
      expect(() => checkVocabulary(tokenizer, family)).not.toThrow();
    });
  });
});
