// BERT's WordPiece (reference: open_clip's `HFTokenizer` over an uncased BERT tokenizer).

import { VocabularyError } from '../errors.ts';
import { cleanCased } from './clean.ts';
import { checkContextLength, checkPrompt, type Tokenizer } from './tokenizer.ts';

/** Longer words are unknown as a whole, in characters. */
const LONGEST_WORD = 100;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;
const IDEOGRAPH = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u;
const APART = new RegExp(`${PUNCTUATION.source}|${IDEOGRAPH.source}`, 'gu');

/** BERT's normalization after the cleaning: no control characters, accents or capitals; punctuation and ideographs are separate words. */
const words = (prompt: string): string[] =>
  cleanCased(prompt)
    .replace(/[\p{C}\ufffd]/gu, '')
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(APART, ' $& ')
    .split(/\s+/u)
    .filter((word) => word !== '');

/** The pieces in a `vocab.txt`, one per line in the order of their ids. */
export const piecesOf = (text: string): string[] => text.trimEnd().split(/\r?\n/);

/**
 * BERT's tokenizer as used by the CLIP models based on PubMedBERT. Prompts that are too long are truncated, as published. Names of special
 * tokens in a prompt are encoded as text; transformers would insert the tokens.
 *
 * @param pieces the vocabulary in the order of ids
 * @throws VocabularyError if a special token is missing
 */
export function wordPieceTokenizer({
  pieces,
  contextLength = 256,
}: {
  readonly pieces: readonly string[];
  readonly contextLength?: number;
}): Tokenizer {
  checkContextLength(contextLength);
  const ids = new Map(pieces.map((piece, i) => [piece, i]));
  const special = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined)
      throw new VocabularyError(`a line '${token}'`, 'none', 'Give the vocab.txt that belongs to the weights.');
    return id;
  };
  const pad = special('[PAD]');
  const unknown = special('[UNK]');
  const start = special('[CLS]');
  const end = special('[SEP]');

  const split = (word: string): readonly number[] => {
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
    size: pieces.length,
    encode: (prompt) => {
      checkPrompt(prompt);
      const body = words(prompt)
        .flatMap(split)
        .slice(0, contextLength - 2);
      const row = new Int32Array(contextLength).fill(pad);
      row.set([start, ...body, end]);
      return row;
    },
    toJson: () => ({ kind: 'word-piece', contextLength, pieces }),
  };
}
