// The flags of every command that opens a model: what a checkpoint does not say itself. Light: the help needs no tfjs.
import type { Command } from 'commander';

export interface ModelFlags {
  readonly encoders?: string;
  readonly tokenizer?: string;
  readonly family?: string;
  readonly revision?: string;
  readonly offline?: boolean;
}

export const addModelFlags = (command: Command): Command =>
  command
    .option('--encoders <file>', "the encoders' own file, for a checkpoint of what was trained alone")
    .option(
      '--tokenizer <file>',
      'of a published checkpoint: tokenizer.json, vocab.txt or merges; else looked for beside it',
    )
    .option('--family <name>', 'of a published checkpoint, where its names do not tell: pubmedclip')
    .option('--revision <name>', 'of a model on the model hub: branch, tag or commit')
    .option('--offline', 'take a model of the model hub from the cache alone');
