// The flags of every command that opens a model: what a published checkpoint does not say itself. Light: the help needs no tfjs.
import type { Command } from 'commander';

export interface ModelFlags {
  readonly encoders?: string;
  readonly tokenizer?: string;
  readonly family?: string;
}

export const addModelFlags = (command: Command): Command =>
  command
    .option('--encoders <file>', "the encoders' own file, for a published checkpoint of the trained part alone")
    .option(
      '--tokenizer <file>',
      'of a published checkpoint: tokenizer.json, vocab.txt or merges; else looked for beside it',
    )
    .option('--family <name>', 'of a published checkpoint, where its names do not tell: pubmedclip');
