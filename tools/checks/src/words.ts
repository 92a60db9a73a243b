// Wording that this repository does not use, each with what to write instead.

export interface Rule {
  readonly pattern: RegExp;
  readonly instead: string;
}

const word = (words: string, instead: string): Rule => ({ pattern: new RegExp(`\\b(?:${words})\\b`, 'gi'), instead });

/** Phrases that are not plain American technical English. */
const WORDING: readonly Rule[] = [
  word('beside', 'next to, or rewrite'),
  word('behind', 'after, below, or rewrite'),
  word('tells?|telling|told', 'reports, says, describes, distinguishes'),
  { pattern: /\bstands\b(?! for)/gi, instead: 'is' },
  word('stood', 'was'),
  word('lies|lay|lain', 'is, is in'),
  word('learnt', 'learned'),
  word('so many|so much', 'n, that many'),
  word('nobody|somebody|anybody|everybody', 'no one, someone, or rewrite'),
  word('whoever|whatever lies|whosoever', 'rewrite'),
  word('dear|dearly|dearer', 'expensive'),
  word('cures?|cured|curing', 'workaround, fixes'),
  word('harmless', 'safe, ignored, idempotent'),
  word('anew', 'again'),
  word('(?:go|goes|gone|going) on (?:with|from|without)|goes on|gone on|went on', 'continues, resumes'),
  word('half there|half written', 'partial'),
  word('takes? turns?(?: at)?', 'cycles through'),
  word('at hand', 'available'),
  word('aloud|in silence', 'explicitly, silently'),
  word('speaks?(?: of)?|spoken', 'mentions, describes'),
  word('mends?|mended', 'fix'),
  word('gives? back|gave back|given back', 'returns, releases'),
  word('of old|whence|thereby|herein|hitherto|wherein|thereof|lest|amid|amongst|whilst|upon', 'rewrite'),
  word('farther|till', 'further, until'),
  word('wishes|wished', 'requests, needs'),
  word('stranger', 'rewrite'),
];

/** One word for one thing. */
const VOCABULARY: readonly Rule[] = [
  { pattern: /sentences?\b/gi, instead: 'prompt' },
  { pattern: /pictures?\b/gi, instead: 'image' },
  { pattern: /\bfindings?\b/gi, instead: 'lesion, foreground' },
];

/** American spelling, inside identifiers too. */
const SPELLING: readonly Rule[] = [
  { pattern: /colou?r(?<=colour)\w*/gi, instead: 'color' },
  { pattern: /grey/gi, instead: 'gray' },
  {
    pattern:
      /(?:normal|initial|optim|random|capital|summar|serial|recogn|final|organ|minim|maxim|special|general|standard|token|visual|util|character|quant|vector|parametr|local|priorit|digit|synchron|categor|emphas|apolog|author)is(?:e[drs]?|ing|ation)\b/gi,
    instead: 'the spelling with z',
  },
  {
    pattern: /behaviour|neighbour|favour|honour|labour|rumour|vapour|tumour(?!s? segment)/gi,
    instead: 'the spelling with -or',
  },
  {
    pattern: /\bcent(?:re|red|res)\b|Centre|millimetre|\bmetres?\b|\blitres?\b|fibre/g,
    instead: 'the spelling with -er',
  },
  { pattern: /\b(?:cancell|labell|modell|travell|signall|channell)(?:ed|ing)\b/gi, instead: 'a single l' },
  {
    pattern: /\blicence|defence|offence|practise|catalogue|programme\b|artefact|judgement|towards\b/gi,
    instead: 'American spelling',
  },
];

export const RULES: readonly Rule[] = [...WORDING, ...VOCABULARY, ...SPELLING];

/** True uses: text that a match may be part of, in files whose path matches. */
export const ALLOWED: readonly { readonly path: RegExp; readonly text: RegExp; readonly reason: string }[] = [
  { path: /./, text: /lea(?:ves?|ving) [\w ]{0,30}behind|left behind/, reason: 'plain English' },
  { path: /^\.changeset\//, text: /`findings`|`Finding`|`--finding`/, reason: 'names that were replaced' },
  { path: /tools\/reference\/tokens\.py/, text: /Tumour/, reason: 'a test prompt whose ids are a fixture' },
  { path: /./, text: /(?:to|pipeline)Colourspace|'grey16'/, reason: "sharp's API" },
  {
    path: /packages\/datasets\/src\/augment/,
    text: /'colour'/,
    reason: 'the name of a random stream decides its numbers',
  },
  { path: /./, text: /aria-labelledby/, reason: 'HTML attribute' },
];

/** Every use of a listed word in a text: `path:line: 'word' (write: ...)`. */
export function usesOf(path: string, text: string): string[] {
  const allowed = ALLOWED.filter((rule) => rule.path.test(path)).map(({ text }) => new RegExp(text, 'g'));
  return text.split('\n').flatMap((line, i) => {
    const spans = allowed.flatMap((uses) =>
      [...line.matchAll(uses)].map(({ index, 0: match }) => [index, index + match.length] as const),
    );
    return RULES.flatMap(({ pattern, instead }) =>
      [...line.matchAll(pattern)]
        .filter(({ index, 0: match }) => !spans.some(([from, to]) => from <= index && index + match.length <= to))
        .map(({ 0: match }) => `${path}:${i + 1}: '${match}' (write: ${instead})`),
    );
  });
}
