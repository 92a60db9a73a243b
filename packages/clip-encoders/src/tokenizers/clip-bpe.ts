// CLIP's byte-pair encoding (reference: `SimpleTokenizer`).
import { clean } from './clean.ts';
import { checkContextLength, checkPrompt, type Tokenizer, withStartAndEnd } from './tokenizer.ts';

const PATTERN = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;
/** Number of merges of its file that CLIP uses. */
const MERGES = 49152 - 256 - 2;
/** Number of words whose encoding is cached. */
const CACHED_WORDS = 10_000;

/** Every byte as a printable character, so that merges can be written as text. */
function byteCharacters(): string[] {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(printable(b) ? b : next++));
}

/** The merges in `bpe_simple_vocab_16e6.txt`: after a heading, one per line, the first 48,894. */
export const mergesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .slice(1, MERGES + 1)
    .filter((line) => line !== '');

/**
 * CLIP's tokenizer. Prompts are cleaned, converted to lower case and padded with 0.
 *
 * @param merges pairs in order of rank, the two parts separated by a space
 */
export function clipTokenizer({
  merges,
  contextLength = 77,
}: {
  readonly merges: readonly string[];
  readonly contextLength?: number;
}): Tokenizer {
  checkContextLength(contextLength);
  const characters = byteCharacters();
  // In the vocabulary, printable bytes come first.
  const order = [...characters].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
  const tokens = [...order, ...order.map((c) => `${c}</w>`), ...merges.map((pair) => pair.replace(' ', ''))];
  const ids = new Map(tokens.map((token, i) => [token, i]));
  const ranks = new Map(merges.map((pair, i) => [pair, i]));
  const [start, end] = [tokens.length, tokens.length + 1];
  const special = new Map([
    ['<|startoftext|>', [start]],
    ['<|endoftext|>', [end]],
  ]);
  const known = new Map<string, readonly number[]>();

  const encodeWord = (word: string): readonly number[] => {
    const found = special.get(word) ?? known.get(word);
    if (found) return found;
    let parts = Array.from(new TextEncoder().encode(word), (b) => characters[b] as string);
    parts[parts.length - 1] += '</w>';
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < parts.length; i++)
        best = Math.min(best, ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? best);
      if (best === Number.POSITIVE_INFINITY) break;
      const pair = merges[best] as string;
      const merged: string[] = [];
      for (let i = 0; i < parts.length; i++)
        if (`${parts[i]} ${parts[i + 1]}` === pair) merged.push(`${parts[i]}${parts[++i]}`);
        else merged.push(parts[i] as string);
      parts = merged;
    }
    const encoded = parts.map((part) => ids.get(part) as number);
    if (known.size < CACHED_WORDS) known.set(word, encoded);
    return encoded;
  };
  return {
    contextLength,
    size: tokens.length + 2,
    encode: (prompt) => {
      checkPrompt(prompt);
      const body = (clean(prompt).match(PATTERN) ?? []).flatMap((word) => [...encodeWord(word)]);
      return withStartAndEnd(prompt, body, { start, end, contextLength });
    },
    toJson: () => ({ kind: 'clip', contextLength, merges }),
  };
}
