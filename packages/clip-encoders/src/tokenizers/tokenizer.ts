// What a tokenizer is, and what all of them do to a sentence first.
import { SentenceTooLongError } from './errors.ts';

export interface Tokenizer {
  /** Ids per sentence, padding included. */
  readonly contextLength: number;
  /** Ids of a sentence with start and end, padded with 0. Refuses a sentence that does not fit. */
  encode(sentence: string): Int32Array;
  /** Everything needed to make it again, for a model's folder. */
  toJson(): TokenizerJson;
}

export type TokenizerJson = {
  readonly kind: 'words';
  readonly contextLength: number;
  readonly words: readonly string[];
};

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
export const unescapeHtml = (text: string): string =>
  text.replace(/&(?:#(\d{1,6})|(\w+));/g, (whole, code, name) =>
    code ? String.fromCodePoint(Number(code)) : (ENTITIES[name] ?? whole),
  );

/** The published cleaning: HTML entities resolved twice, white space collapsed, lower case. */
export const clean = (sentence: string): string =>
  unescapeHtml(unescapeHtml(sentence)).normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();

/** Start, ids, end, padding; refuses what does not fit. */
export function framed(
  sentence: string,
  ids: readonly number[],
  start: number,
  end: number,
  contextLength: number,
): Int32Array {
  if (ids.length + 2 > contextLength) throw new SentenceTooLongError(sentence, ids.length + 2, contextLength);
  const row = new Int32Array(contextLength);
  row.set([start, ...ids, end]);
  return row;
}
