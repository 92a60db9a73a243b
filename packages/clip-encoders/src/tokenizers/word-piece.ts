// BERT's WordPiece (reference: open_clip's `HFTokenizer` over an uncased BERT tokenizer), from its vocabulary.
import { VocabularyError } from './errors.ts';
import { unescapeHtml } from './tokenizer.ts';

/** A word of more characters is unknown as a whole. */
const LONGEST_WORD = 100;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;
const IDEOGRAPH = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u;
const APART = new RegExp(`${PUNCTUATION.source}|${IDEOGRAPH.source}`, 'gu');

const words = (sentence: string): string[] =>
  unescapeHtml(unescapeHtml(sentence))
    .replace(/\s+/gu, ' ')
    .replace(/[\p{C}\ufffd]/gu, '')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(APART, ' $& ')
    .split(' ')
    .filter((word) => word !== '');

/**
 * BERT's tokenizer, as PubMedBERT-based CLIP models read it. What does not fit is cut off, as published.
 *
 * @param vocabulary text of `vocab.txt`: one token a line, its line number its id
 */
export function wordPieceTokenizer(
  vocabulary: string,
  { contextLength = 256 }: { readonly contextLength?: number } = {},
): { readonly contextLength: number; encode(sentence: string): Int32Array } {
  const ids = new Map(
    vocabulary
      .trimEnd()
      .split(/\r?\n/)
      .map((token, i) => [token, i]),
  );
  const special = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new VocabularyError(token);
    return id;
  };
  const [pad, unknown, start, end] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map(special) as [
    number,
    number,
    number,
    number,
  ];

  const pieces = (word: string): readonly number[] => {
    const characters = [...word];
    if (characters.length > LONGEST_WORD) return [unknown];
    const found: number[] = [];
    for (let from = 0; from < characters.length; ) {
      let to = characters.length;
      let id: number | undefined;
      for (; to > from; to--) {
        id = ids.get((from > 0 ? '##' : '') + characters.slice(from, to).join(''));
        if (id !== undefined) break;
      }
      if (id === undefined) return [unknown];
      found.push(id);
      from = to;
    }
    return found;
  };
  return {
    contextLength,
    encode: (sentence) => {
      const row = new Int32Array(contextLength).fill(pad);
      row.set([
        start,
        ...words(sentence)
          .flatMap(pieces)
          .slice(0, contextLength - 2),
        end,
      ]);
      return row;
    },
  };
}
