// Sentences become the ids that the published tokenizers give.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clipTokenizer,
  SentenceTooLongError,
  VocabularyError,
  vocabularyOf,
  wordPieceTokenizer,
  wordTokenizer,
} from './index.ts';

const shared = process.env.MEDCLIPSEG_SHARED ?? resolve(import.meta.dirname, '../../../../../shared');
const present = existsSync(`${shared}/vocab`);
if (!present && process.env.CI) throw new Error(`no golden values at ${shared}`);

describe.skipIf(!present)('published vocabularies', () => {
  it("gives CLIP's ids for every golden prompt, and refuses where the reference does", () => {
    const merges = gunzipSync(readFileSync(`${shared}/vocab/clip_bpe_simple_vocab_16e6.txt.gz`)).toString();
    const tokenizer = clipTokenizer(merges);
    const rows: { text: string; ids?: number[]; error?: string }[] = JSON.parse(
      readFileSync(`${shared}/golden/tokenizer/clip-bpe.json`, 'utf8'),
    );
    expect(rows.length).toBeGreaterThan(300);
    for (const { text, ids, error } of rows) {
      if (error) expect(() => tokenizer.encode(text)).toThrow(SentenceTooLongError);
      else {
        const padded = new Int32Array(77);
        padded.set(ids ?? []);
        expect(tokenizer.encode(text), text).toEqual(padded);
      }
    }
    expect(tokenizer.encode('  A&amp;B\n')).toEqual(tokenizer.encode('a & b'));
  });

  it("gives BERT's well-known ids", () => {
    const vocabulary = readFileSync(`${shared}/vocab/bert-base-uncased-vocab.txt`, 'utf8');
    const { encode } = wordPieceTokenizer(vocabulary, { contextLength: 8 });
    expect([...encode('Hello, world!')]).toEqual([101, 7592, 1010, 2088, 999, 102, 0, 0]);
  });
});

describe('word pieces', () => {
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'poly', '##p', '##ps', 'small', ',', '肠'].join('\n');
  const encode = (text: string, contextLength = 8) => [
    ...wordPieceTokenizer(vocabulary, { contextLength }).encode(text),
  ];
  it('takes the longest piece first, and a word it cannot build is unknown as a whole', () => {
    expect(encode('Small,polyps polypx')).toEqual([2, 7, 8, 4, 6, 1, 3, 0]);
    expect(encode('pólyp 肠肠')).toEqual([2, 4, 5, 9, 9, 3, 0, 0]);
    expect(encode('p'.repeat(101))).toEqual([2, 1, 3, 0, 0, 0, 0, 0]);
  });
  it('cuts what does not fit, keeping the end', () => {
    expect(encode('small small small small', 4)).toEqual([2, 7, 7, 3]);
  });
  it('names the special token a vocabulary lacks', () => {
    expect(() => wordPieceTokenizer('[PAD]\n[UNK]\n[CLS]')).toThrow(VocabularyError);
    expect(() => wordPieceTokenizer('[PAD]\n[UNK]\n[CLS]')).toThrow("'[SEP]'");
  });
});

describe('words', () => {
  const words = vocabularyOf(['one small polyp', 'left']);
  const tokenizer = wordTokenizer({ words, contextLength: 6 });
  it('ends every sentence with its largest id, and unknown words stay in place', () => {
    expect([...tokenizer.encode('Small green polyp')]).toEqual([2, 6, 1, 5, 7, 0]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words, 'other'), { maxLength: 4 }), (list) => {
        const ids = tokenizer.encode(list.join(' '));
        expect(ids.indexOf(Math.max(...ids))).toBe(list.length + 1);
        expect(Math.max(...ids)).toBe(tokenizer.size - 1);
      }),
    );
  });
  it('comes back from its JSON', () => {
    const again = wordTokenizer(JSON.parse(JSON.stringify(tokenizer.toJson())));
    expect(again.encode('one left')).toEqual(tokenizer.encode('one left'));
  });
  it('says how many tokens were too many', () => {
    expect(() => tokenizer.encode('one one one one one')).toThrow('at most 6 tokens, got 7');
  });
});
