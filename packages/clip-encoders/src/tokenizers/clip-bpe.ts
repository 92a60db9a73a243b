// CLIP's byte-pair encoding (reference: `SimpleTokenizer`), from its merges file.
import { clean, framed } from './tokenizer.ts';

const PATTERN = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;
const CONTEXT = 77;
/** CLIP uses so many merges of its file. */
const MERGES = 49152 - 256 - 2;

/** Every byte as a printable character, so that merges can be written as text. */
function byteCharacters(): string[] {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(printable(b) ? b : next++));
}

/**
 * CLIP's tokenizer.
 *
 * @param merges text of `bpe_simple_vocab_16e6.txt`: a heading, then one merge a line
 */
export function clipTokenizer(merges: string): {
  readonly contextLength: number;
  encode(sentence: string): Int32Array;
} {
  const characters = byteCharacters();
  const pairs = merges.split('\n').slice(1, MERGES + 1);
  // The vocabulary lists printable bytes before the others.
  const order = [...characters].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
  const tokens = [...order, ...order.map((c) => `${c}</w>`), ...pairs.map((pair) => pair.replace(' ', ''))];
  const ids = new Map(tokens.map((token, i) => [token, i]));
  const ranks = new Map(pairs.map((pair, i) => [pair, i]));
  const [start, end] = [tokens.length, tokens.length + 1];
  const cache = new Map<string, readonly number[]>();

  const encodeWord = (word: string): readonly number[] => {
    const known = cache.get(word);
    if (known) return known;
    let parts = Array.from(new TextEncoder().encode(word), (b) => characters[b] as string);
    parts[parts.length - 1] += '</w>';
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < parts.length; i++)
        best = Math.min(best, ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? best);
      if (best === Number.POSITIVE_INFINITY) break;
      const pair = pairs[best] as string;
      const merged: string[] = [];
      for (let i = 0; i < parts.length; i++)
        if (`${parts[i]} ${parts[i + 1]}` === pair) merged.push(`${parts[i]}${parts[++i]}`);
        else merged.push(parts[i] as string);
      parts = merged;
    }
    const encoded = parts.map((part) => ids.get(part) as number);
    cache.set(word, encoded);
    return encoded;
  };
  return {
    contextLength: CONTEXT,
    encode: (sentence) =>
      framed(
        sentence,
        (clean(sentence).match(PATTERN) ?? []).flatMap((word) => [...encodeWord(word)]),
        start,
        end,
        CONTEXT,
      ),
  };
}
