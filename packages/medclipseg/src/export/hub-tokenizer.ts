// A tokenizer as the `tokenizer.json` that Hugging Face's libraries read, in Python, Rust, C# and JavaScript.
import type { TokenizerJson } from '@medclipseg/clip-encoders/tokenizers';

/** The content of a `tokenizer.json`. */
export type HubTokenizer = Readonly<Record<string, unknown>>;

interface Special {
  readonly name: string;
  readonly id: number;
}

/** Start token, prompt, end token. */
const framed = (start: Special, end: Special) => {
  const special = ({ name }: Special) => ({ SpecialToken: { id: name, type_id: 0 } });
  const entry = ({ name, id }: Special) => [name, { id: name, ids: [id], tokens: [name] }] as const;
  const single = [special(start), { Sequence: { id: 'A', type_id: 0 } }, special(end)];
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: Object.fromEntries([entry(start), entry(end)]),
  };
};

const padded = (length: number, { name, id }: Special) => ({
  strategy: { Fixed: length },
  direction: 'Right',
  pad_to_multiple_of: null,
  pad_id: id,
  pad_type_id: 0,
  pad_token: name,
});

/** Cleaning in lower case; repairs of text in wrong encodings and HTML entities are left out. */
const lowerCase = {
  type: 'Sequence',
  normalizers: [
    { type: 'NFC' },
    { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
    { type: 'Strip', strip_left: true, strip_right: true },
    { type: 'Lowercase' },
  ],
};

const splitAt = (pattern: string) => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Removed',
  invert: true,
});

const file = (parts: HubTokenizer): HubTokenizer => ({
  version: '1.0',
  truncation: null,
  added_tokens: [],
  decoder: null,
  ...parts,
});

/** A name that no word has. */
const unused = (name: string, words: ReadonlySet<string>): string =>
  words.has(name) ? unused(`<${name}>`, words) : name;

function ofWords(words: readonly string[], length: number): HubTokenizer {
  const taken = new Set(words);
  const [pad, unknown, start, end] = ['<pad>', '<unknown>', '<start>', '<end>'].map((name) => unused(name, taken)) as [
    string,
    string,
    string,
    string,
  ];
  const tokens = [pad, unknown, start, ...words, end];
  return file({
    padding: padded(length, { name: pad, id: 0 }),
    normalizer: lowerCase,
    pre_tokenizer: splitAt('[\\p{L}\\p{N}]+|[^\\s\\p{L}\\p{N}]'),
    post_processor: framed({ name: start, id: 2 }, { name: end, id: tokens.length - 1 }),
    model: { type: 'WordLevel', vocab: Object.fromEntries(tokens.map((token, i) => [token, i])), unk_token: unknown },
  });
}

function ofBytePairs(merges: readonly string[], length: number): HubTokenizer {
  // Bytes as characters, printable ones first, as CLIP orders them; then the same at the end of a word; then what merges make.
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  const bytes = Array.from({ length: 256 }, (_, b) => b);
  const others = bytes.filter((b) => !printable(b)).map((_, i) => 256 + i);
  const characters = [...bytes.filter(printable), ...others].map((code) => String.fromCodePoint(code));
  const [start, end] = ['<|startoftext|>', '<|endoftext|>'] as const;
  const made = merges.map((pair) => pair.replace(' ', ''));
  const tokens = [...characters, ...characters.map((c) => `${c}</w>`), ...made, start, end];
  const special = (content: string) => ({
    id: tokens.indexOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  return file({
    padding: padded(length, { name: '!', id: 0 }),
    added_tokens: [special(start), special(end)],
    normalizer: lowerCase,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        splitAt("'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+"),
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: framed({ name: start, id: tokens.length - 2 }, { name: end, id: tokens.length - 1 }),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: end,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab: Object.fromEntries(tokens.map((token, i) => [token, i])),
      merges,
    },
  });
}

function ofWordPieces(pieces: readonly string[], length: number): HubTokenizer {
  const special = (name: string): Special => ({ name, id: pieces.indexOf(name) });
  return file({
    truncation: { direction: 'Right', max_length: length, strategy: 'LongestFirst', stride: 0 },
    padding: padded(length, special('[PAD]')),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: true,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: framed(special('[CLS]'), special('[SEP]')),
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces.map((piece, i) => [piece, i])),
    },
  });
}

/**
 * A tokenizer for Hugging Face's libraries, padded to the context. It gives the same ids for clean text: HTML entities and text in wrong
 * encodings are not repaired. Prompts beyond the context are longer than the model's input, except for word pieces, which are truncated.
 *
 * @example
 * await writeFile('tokenizer.json', JSON.stringify(hubTokenizer(model.tokenizer.toJson())));
 */
export function hubTokenizer(json: TokenizerJson): HubTokenizer {
  if (json.kind === 'words') return ofWords(json.words, json.contextLength);
  return json.kind === 'clip'
    ? ofBytePairs(json.merges, json.contextLength)
    : ofWordPieces(json.pieces, json.contextLength);
}
