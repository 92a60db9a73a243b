// Opens the tokenizer file that was published with the weights.
import { InputError, TokenizerFileError } from '../errors.ts';
import { clipTokenizer, mergesOf } from './clip-bpe.ts';
import type { Tokenizer } from './tokenizer.ts';
import { piecesOf, wordPieceTokenizer } from './word-piece.ts';

export interface OpenTokenizerOptions {
  /** Ids per prompt, the context of the text encoder. Default: 77 for CLIP and 256 for BERT, as published. */
  readonly contextLength?: number;
}

/** The parts of a `tokenizer.json` that are read. Cleaning and padding are those of MedCLIPSeg, not those of the file. */
interface HubTokenizer {
  readonly model?: { readonly type?: unknown; readonly vocab?: unknown; readonly merges?: unknown };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Tokens in the order of their ids, which must be 0, 1, 2, … */
function inOrder(vocabulary: Record<string, unknown>): string[] {
  const tokens = new Array<string | undefined>(Object.keys(vocabulary).length);
  for (const [token, id] of Object.entries(vocabulary)) {
    if (
      !Number.isInteger(id) ||
      (id as number) < 0 ||
      (id as number) >= tokens.length ||
      tokens[id as number] !== undefined
    )
      throw new TokenizerFileError(
        `ids from 0 to ${tokens.length - 1}, each once`,
        `${id} for '${token.slice(0, 40)}'`,
      );
    tokens[id as number] = token;
  }
  return tokens as string[];
}

function fromHub({ model }: HubTokenizer, options: OpenTokenizerOptions): Tokenizer {
  if (!isRecord(model?.vocab)) throw new TokenizerFileError('a model with a vocabulary', 'none');
  const tokens = inOrder(model.vocab);
  if (model.type === 'WordPiece') return wordPieceTokenizer({ ...options, pieces: tokens });
  if (model.type !== 'BPE' || !Array.isArray(model.merges))
    throw new TokenizerFileError('a model of type WordPiece or BPE', `'${String(model.type).slice(0, 40)}'`);
  // Older files join the parts of a merge with a space, newer ones list them.
  const merges = model.merges.map((pair: unknown) => (Array.isArray(pair) ? pair.join(' ') : String(pair)));
  const tokenizer = clipTokenizer({ ...options, merges });
  if (tokens.indexOf('<|endoftext|>') !== tokenizer.size - 1)
    throw new TokenizerFileError(
      "CLIP's vocabulary, in which '<|endoftext|>' has the largest id",
      'another vocabulary',
    );
  return tokenizer;
}

/** Larger than any vocabulary: the largest published tokenizer.json has 4 MB. */
const UNPACKED_LIMIT = 64 * 2 ** 20;

/** @throws TokenizerFileError for a damaged stream, or one of more than 64 MiB when unpacked */
async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const reader = new Blob([bytes as Uint8Array<ArrayBuffer>])
      .stream()
      .pipeThrough(new DecompressionStream('gzip'))
      .getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.length;
      if (size > UNPACKED_LIMIT) {
        await reader.cancel();
        throw new TokenizerFileError(`at most ${UNPACKED_LIMIT} bytes when unpacked`, 'a larger stream');
      }
      parts.push(part.value);
    }
  } catch (cause) {
    if (cause instanceof TokenizerFileError) throw cause;
    throw new TokenizerFileError('a complete gzip stream', 'a damaged one', { cause });
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const decode = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TokenizerFileError('UTF-8 text', 'other bytes', { cause });
  }
};

function parse(text: string): HubTokenizer {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TokenizerFileError('JSON after the opening brace', 'other text', { cause });
  }
}

/**
 * Opens a `tokenizer.json` (CLIP's BPE or BERT's WordPiece), a BERT `vocab.txt` or CLIP's merges file, plain or gzipped. Prompts are cleaned,
 * framed and padded as in MedCLIPSeg.
 *
 * @throws TokenizerFileError for other files
 *
 * @example
 * ```ts
 * const tokenizer = await openTokenizer(await readFile('vocab.txt'));
 * console.log(tokenizer.size, tokenizer.contextLength); // 30522 256
 * ```
 */
export async function openTokenizer(bytes: Uint8Array, options: OpenTokenizerOptions = {}): Promise<Tokenizer> {
  if (!(bytes instanceof Uint8Array))
    throw new InputError('tokenizer file', 'bytes (Uint8Array)', typeof bytes, 'Read the file into memory first.');
  const text = decode(bytes[0] === 0x1f && bytes[1] === 0x8b ? await gunzip(bytes) : bytes);
  if (/^\s*\{/.test(text)) return fromHub(parse(text), options);
  if (/^("bpe_simple_vocab|#version)/.test(text)) return clipTokenizer({ ...options, merges: mergesOf(text) });
  if (text.includes('[CLS]')) return wordPieceTokenizer({ ...options, pieces: piecesOf(text) });
  throw new TokenizerFileError('a tokenizer.json, a vocab.txt or a merges file', `'${text.slice(0, 20)}…'`);
}
