// Prompts are encoded as by the published tokenizers.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import oddPrompts from './fixtures/odd-prompts.json' with { type: 'json' };
import {
  clipTokenizer,
  openTokenizer,
  PromptTooLongError,
  piecesOf,
  TokenizerFileError,
  tokenizerOf,
  VocabularyError,
  vocabularyOf,
  wordPieceTokenizer,
  wordTokenizer,
} from './index.ts';

const shared = process.env.MEDCLIPSEG_SHARED ?? resolve(import.meta.dirname, '../../../../../shared');
const present = existsSync(`${shared}/vocab`);
if (!present && process.env.CI) throw new Error(`no golden values at ${shared}`);

const read = (name: string) => new Uint8Array(readFileSync(`${shared}/${name}`));
const utf8 = (text: string) => new TextEncoder().encode(text);
const padded = (ids: readonly number[], length: number) => {
  const row = new Int32Array(length);
  row.set(ids);
  return row;
};

describe.skipIf(!present)('published vocabularies', () => {
  const merges = () => read('vocab/clip_bpe_simple_vocab_16e6.txt.gz');
  const vocabulary = () => read('vocab/bert-base-uncased-vocab.txt');

  it("gives CLIP's ids for every golden prompt, and refuses where the reference does", async () => {
    const tokenizer = await openTokenizer(merges());
    const rows: { text: string; ids?: number[]; error?: string }[] = JSON.parse(
      readFileSync(`${shared}/golden/tokenizer/clip-bpe.json`, 'utf8'),
    );
    expect(rows.length).toBeGreaterThan(300);
    for (const { text, ids, error } of rows) {
      if (error) expect(() => tokenizer.encode(text)).toThrow(PromptTooLongError);
      else expect(tokenizer.encode(text), text).toEqual(padded(ids ?? [], 77));
    }
  });

  it("gives the published tokenizers' ids for odd prompts", async () => {
    const clip = await openTokenizer(merges(), { contextLength: 600 });
    const bert = await openTokenizer(vocabulary(), { contextLength: 600 });
    expect(oddPrompts.length).toBeGreaterThan(100);
    for (const { text, clip: clipIds, wordPiece } of oddPrompts) {
      expect([...clip.encode(text)], text).toEqual([...padded(clipIds, 600)]);
      expect([...bert.encode(text)], text).toEqual([...padded(wordPiece, 600)]);
    }
  });

  it('opens the same tokenizers from a tokenizer.json', async () => {
    const [clip, bert] = [await openTokenizer(merges()), await openTokenizer(vocabulary())];
    const json = clip.toJson();
    if (json.kind !== 'clip') throw new Error('expected CLIP');
    const tokens = Object.fromEntries([
      ...Array.from({ length: clip.size - 1 }, (_, i) => [`token ${i}`, i]),
      ['<|endoftext|>', clip.size - 1],
    ]);
    for (const pairs of [json.merges, json.merges.map((pair) => pair.split(' '))]) {
      const file = utf8(JSON.stringify({ model: { type: 'BPE', vocab: tokens, merges: pairs } }));
      expect((await openTokenizer(file)).encode('A polyp.')).toEqual(clip.encode('A polyp.'));
    }
    const pieces = Object.fromEntries(piecesOf(new TextDecoder().decode(vocabulary())).map((piece, i) => [piece, i]));
    const file = utf8(JSON.stringify({ model: { type: 'WordPiece', vocab: pieces } }));
    expect((await openTokenizer(file)).encode('A polyp.')).toEqual(bert.encode('A polyp.'));
  });
});

describe('byte pairs', () => {
  const merges = ['p o', 'l y', 'po ly', 'poly p</w>'];
  const tokenizer = clipTokenizer({ merges, contextLength: 6 });
  it('joins the pair of lowest rank first', () => {
    // 512 characters, then the merges, then start and end.
    expect([...tokenizer.encode('Polyp')]).toEqual([516, 515, 517, 0, 0, 0]);
    expect([...tokenizer.encode('poly')].slice(1, 3)).toEqual([512, 75]);
    expect(tokenizer.encode('<|endoftext|>')[1]).toBe(517);
  });
  it('is recreated from its JSON', () => {
    const again = tokenizerOf(JSON.parse(JSON.stringify(tokenizer.toJson())));
    expect(again.encode('polyp ly')).toEqual(tokenizer.encode('polyp ly'));
  });
});

describe('word pieces', () => {
  const pieces = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'poly', '##p', '##ps', 'small', ',', '肠'];
  const encode = (text: string, contextLength = 8) => [...wordPieceTokenizer({ pieces, contextLength }).encode(text)];
  it('takes the longest piece first; a word without pieces is unknown as a whole', () => {
    expect(encode('Small,polyps polypx')).toEqual([2, 7, 8, 4, 6, 1, 3, 0]);
    expect(encode('pólyp 肠肠')).toEqual([2, 4, 5, 9, 9, 3, 0, 0]);
    expect(encode('p'.repeat(101))).toEqual([2, 1, 3, 0, 0, 0, 0, 0]);
  });
  it('truncates long prompts and keeps the end token', () => {
    expect(encode('small small small small', 4)).toEqual([2, 7, 7, 3]);
  });
  it('names the special token that a vocabulary lacks', () => {
    expect(() => wordPieceTokenizer({ pieces: ['[PAD]', '[UNK]', '[CLS]'] })).toThrow(VocabularyError);
    expect(() => wordPieceTokenizer({ pieces: ['[PAD]', '[UNK]', '[CLS]'] })).toThrow("'[SEP]'");
  });
  it('is recreated from its JSON', () => {
    const tokenizer = wordPieceTokenizer({ pieces, contextLength: 5 });
    expect(tokenizerOf(JSON.parse(JSON.stringify(tokenizer.toJson()))).encode('polyps')).toEqual(
      tokenizer.encode('polyps'),
    );
  });
});

describe('words', () => {
  const words = vocabularyOf(['one small polyp', 'left']);
  const tokenizer = wordTokenizer({ words, contextLength: 6 });
  it('ends every prompt with the largest id and keeps the place of unknown words', () => {
    expect([...tokenizer.encode('Small green polyp')]).toEqual([2, 6, 1, 5, 7, 0]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words, 'other'), { maxLength: 4 }), (list) => {
        const ids = tokenizer.encode(list.join(' '));
        expect(ids.indexOf(Math.max(...ids))).toBe(list.length + 1);
        expect(Math.max(...ids)).toBe(tokenizer.size - 1);
      }),
    );
  });
  it('is recreated from its JSON', () => {
    const again = tokenizerOf(JSON.parse(JSON.stringify(tokenizer.toJson())));
    expect(again.encode('one left')).toEqual(tokenizer.encode('one left'));
  });
  it('reports how many tokens there are', () => {
    expect(() => tokenizer.encode('one one one one one')).toThrow('at most 6 tokens, got 7');
  });
});

describe('tokenizer files', () => {
  const bert = '[PAD]\n[UNK]\n[CLS]\n[SEP]\npolyp';
  it.each([
    ['nothing', utf8('')],
    ['other text', utf8('one\ntwo')],
    ['other bytes', Uint8Array.of(0xff, 0xfe, 1)],
    ['incomplete JSON', utf8('{"model":')],
    ['JSON without a model', utf8('{}')],
    ['a model of another type', utf8('{"model":{"type":"Unigram","vocab":{"a":0}}}')],
    ['ids with a gap', utf8('{"model":{"type":"WordPiece","vocab":{"a":0,"b":2}}}')],
    ['ids twice', utf8('{"model":{"type":"WordPiece","vocab":{"a":0,"b":0}}}')],
    ['byte pairs of another model', utf8('{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}')],
    ['a cut gzip stream', new Uint8Array(gzipSync(bert).subarray(0, 20))],
    ['a stream that unpacks to too many bytes', new Uint8Array(gzipSync(new Uint8Array(65 * 2 ** 20)))],
  ])('refuses %s', async (_, bytes) => {
    await expect(openTokenizer(bytes)).rejects.toThrow(TokenizerFileError);
  });

  it('opens them gzipped too', async () => {
    const [plain, packed] = [await openTokenizer(utf8(bert)), await openTokenizer(new Uint8Array(gzipSync(bert)))];
    expect(packed.encode('polyp')).toEqual(plain.encode('polyp'));
    expect(plain.contextLength).toBe(256);
  });

  it('answers any bytes with a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const result = await openTokenizer(new Uint8Array(bytes)).catch((error) => error);
        expect(result.tag).toBe('clip-encoders/tokenizer-file');
      }),
      { numRuns: 300 },
    );
  });
});

describe('arguments', () => {
  const words = () => wordTokenizer({ words: ['polyp'], contextLength: 4 });
  it.each<[string, () => unknown]>([
    ['a context without room', () => wordTokenizer({ words: [], contextLength: 1 })],
    ['a fractional context', () => clipTokenizer({ merges: [], contextLength: 7.5 })],
    ['a context of NaN', () => wordPieceTokenizer({ pieces: [], contextLength: Number.NaN })],
    ['repeated words', () => wordTokenizer({ words: ['a', 'b', 'a'], contextLength: 4 })],
    ['a missing prompt', () => words().encode(undefined as never)],
    ['a list of prompts', () => clipTokenizer({ merges: [] }).encode(['polyp'] as never)],
  ])('%s is refused', (_, call) => expect(call).toThrow(InputError));

  it.each([null, {}, { kind: 'other' }, { kind: 'words', words: [1], contextLength: 4 }, { kind: 'clip' }])(
    'tokenizerOf refuses %j',
    (json) => expect(() => tokenizerOf(json as never)).toThrow(TokenizerFileError),
  );

  it('openTokenizer refuses text', async () => {
    await expect(openTokenizer('[CLS]' as never)).rejects.toThrow(
      'tokenizer file: expected bytes (Uint8Array), got string',
    );
  });
});
