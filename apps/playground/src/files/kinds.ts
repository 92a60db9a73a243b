// What a file is, by its name: images are told by their first bytes, models and tokenizers by their ending.

export const MODEL_ENDINGS = ['.safetensors', '.pth', '.pt', '.bin'] as const;

/** `tokenizer.json`, `vocab.txt`, `merges.txt`, `bpe_simple_vocab_16e6.txt.gz`. */
export const TOKENIZER_ENDINGS = ['.json', '.txt', '.gz'] as const;

const endsIn = (endings: readonly string[]) => (name: string) =>
  endings.some((ending) => name.toLowerCase().endsWith(ending));

export const isModelFile = endsIn(MODEL_ENDINGS);
export const isTokenizerFile = endsIn(TOKENIZER_ENDINGS);
