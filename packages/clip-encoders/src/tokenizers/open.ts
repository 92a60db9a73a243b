// A tokenizer from the file that was published with the weights.

import { TokenizerFileError } from '../errors.ts';
import { clipTokenizer, mergesOf } from './clip-bpe.ts';
import { gunzip } from './gunzip.ts';
import type { Tokenizer, TokenizerJson } from './tokenizer.ts';
import { piecesOf, wordPieceTokenizer } from './word-piece.ts';
import { wordTokenizer } from './words.ts';

export interface OpenTokenizerOptions {
  /** Ids per prompt: the text tower's context. 77 for CLIP and 256 for BERT by default, as published. */
  readonly contextLength?: number;
}

/** The parts of a `tokenizer.json` that matter; the cleaning and padding are MedCLIPSeg's, whatever the file says. */
interface HubTokenizer {
  readonly model?: { readonly type?: unknown; readonly vocab?: unknown; readonly merges?: unknown };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Tokens in order of their ids, which must be 0, 1, 2, … */
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
  // Old files join the parts of a merge, new ones list them.
  const merges = model.merges.map((pair: unknown) => (Array.isArray(pair) ? pair.join(' ') : String(pair)));
  const tokenizer = clipTokenizer({ ...options, merges });
  if (tokens.indexOf('<|endoftext|>') !== tokenizer.size - 1)
    throw new TokenizerFileError("CLIP's vocabulary, whose largest id ends a prompt", 'that of another model');
  return tokenizer;
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
    throw new TokenizerFileError('JSON behind its first brace', 'something else', { cause });
  }
}

/**
 * The tokenizer in a `tokenizer.json` (CLIP's BPE or BERT's WordPiece), a BERT `vocab.txt`, or CLIP's merges file, each as it is or
 * gzipped. Prompts are cleaned, framed and padded as MedCLIPSeg does it.
 *
 * @throws TokenizerFileError if it is none of them
 */
export async function openTokenizer(
  bytes: Uint8Array<ArrayBuffer>,
  options: OpenTokenizerOptions = {},
): Promise<Tokenizer> {
  const text = decode(bytes[0] === 0x1f && bytes[1] === 0x8b ? await gunzip(bytes) : bytes);
  if (/^\s*\{/.test(text)) return fromHub(parse(text), options);
  if (/^("bpe_simple_vocab|#version)/.test(text)) return clipTokenizer({ ...options, merges: mergesOf(text) });
  if (text.includes('[CLS]')) return wordPieceTokenizer({ ...options, pieces: piecesOf(text) });
  throw new TokenizerFileError('a tokenizer.json, a vocab.txt or a merges file', `'${text.slice(0, 20)}…'`);
}

/** A tokenizer from what its `toJson` gave. */
export function tokenizerOf(json: TokenizerJson): Tokenizer {
  if (json.kind === 'clip') return clipTokenizer(json);
  if (json.kind === 'word-piece') return wordPieceTokenizer(json);
  return wordTokenizer(json);
}
