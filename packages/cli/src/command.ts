// What commands share when they register: the context they run in, and options that several of them have. Light: help needs no tfjs.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { SegmentOptions } from 'medclipseg';
import type { ContourOptions } from 'medclipseg/metrics';
import { UsageError } from './errors.ts';

export const VERSION = (createRequire(import.meta.url)('../package.json') as { version: string }).version;

/** The path of settings that come with the command, such as `small`; `undefined` for other names, and where a file has the name. */
export function shippedSettings(name: string): string | undefined {
  const path = fileURLToPath(new URL(`../configs/${name}.yaml`, import.meta.url));
  return /^[\w-]+$/.test(name) && !existsSync(name) && existsSync(path) ? path : undefined;
}

/** What a running command gets from the process. */
export interface CommandContext {
  /** Aborted by Ctrl-C, and when the output can no longer be written. */
  readonly signal: AbortSignal;
  /** Ends the process with an exit code once the command is done, where nothing is thrown. */
  readonly endWith: (code: number) => void;
}

/** Adds a command to the program. */
export type Register = (program: Command, context: CommandContext) => void;

/** Collects the values of an option that may be repeated. */
export const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** Reads a whole number. Throws `UsageError`. */
export function wholeNumber(flag: string, text: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new UsageError(flag, `a whole number ${range}`, `'${text}'`, 'Correct the number.');
}

/** Reads a decimal number; `undefined` where the text is none. */
export const decimal = (text: string): number | undefined =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;

/** A part of a run, counted from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Reads `--shard 2/5`, the second of five. Throws `UsageError`. */
export function shardOf(text: string): Shard {
  const [, part, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(part) - 1, count: Number(count) };
  if (shard.index >= 0 && shard.index < shard.count) return shard;
  throw new UsageError('--shard', 'a part such as 2/5, the second of five', `'${text}'`, 'Parts count from 1.');
}

export interface BackendFlag {
  readonly backend: string;
  readonly threads?: string;
}

export const addBackendFlag = (command: Command): Command =>
  command
    .option('--backend <name>', 'auto, node-gpu, webgpu, onnx, node, wasm or cpu', 'auto')
    .option('--threads <n>', 'threads of the backend onnx; by default one per available core');

/** What a checkpoint does not say itself, for commands that open a model. */
export interface ModelFlags {
  readonly encoders?: string;
  readonly tokenizer?: string;
  readonly family?: string;
  readonly revision?: string;
  readonly offline?: boolean;
}

export const addModelFlags = (command: Command): Command =>
  command
    .option('--encoders <file>', 'the encoders of a checkpoint that holds only what was trained')
    .option(
      '--tokenizer <file>',
      'for a published checkpoint: tokenizer.json, vocab.txt or merges; by default looked for next to it',
    )
    .option('--family <name>', 'for a published checkpoint whose tensor names do not say: pubmedclip')
    .option('--revision <name>', 'for a model on the model hub: branch, tag or commit')
    .option('--offline', 'take a model of the model hub from the cache only');

/** How to sample, for commands that run a model. */
export interface SamplingFlags {
  readonly samples: string;
  readonly seed: string;
  readonly fold?: string;
  readonly antithetic?: boolean;
  readonly dihedral?: boolean;
  readonly stop?: string;
  readonly trimPadding?: boolean;
}

export const addSamplingFlags = (command: Command): Command =>
  command
    .option('--samples <n>', 'Monte-Carlo samples, or the most of them with --stop; 0 runs the mean network', '30')
    .option('--seed <n>', 'seed of the noise', '666')
    .option('--fold <n>', 'samples computed in one batch; changes memory and speed, not the result')
    .option('--antithetic', 'use samples in pairs of opposite noise')
    .option('--stop <error>', 'stop when 99 % of the pixels have a mean with at most this standard error, such as 0.01')
    .option('--dihedral', 'samples cycle through the eight flips and rotations of the image')
    .option('--trim-padding', 'leave out the padding after the prompt');

function standardError(text: string): number {
  const value = decimal(text) ?? Number.NaN;
  if (!(value > 0 && value < 1))
    throw new UsageError('--stop', 'a standard error between 0 and 1', `'${text}'`, 'Give for example 0.01.');
  return value;
}

export const samplingOptions = ({
  samples,
  seed,
  fold,
  antithetic,
  dihedral,
  stop,
  trimPadding,
}: SamplingFlags): SegmentOptions => ({
  samples: wholeNumber('--samples', samples),
  seed: wholeNumber('--seed', seed),
  ...(fold !== undefined && { fold: wholeNumber('--fold', fold, 1) }),
  ...(stop !== undefined && { stopWhen: { standardError: standardError(stop) } }),
  antithetic,
  dihedral,
  trimPadding,
});

/** Reads `--window 40,400`: center and width, in the units of the file. */
export function windowSetting(text: string, flag = '--window'): { readonly center: number; readonly width: number } {
  const [center, width, ...rest] = text.split(',').map((part) => decimal(part.trim()));
  if (center === undefined || width === undefined || width <= 0 || rest.length > 0)
    throw new UsageError(flag, 'a center and a width above 0', `'${text}'`, 'Give for example 40,400.');
  return { center, width };
}

/** How contours are scored, for commands that score. */
export interface ContourFlags {
  readonly tolerance: string;
  readonly spacing: string;
}

export const addContourFlags = (command: Command): Command =>
  command
    .option('--tolerance <distance>', 'tolerance of the contour NSD, in the unit of --spacing', '2')
    .option('--spacing <size>', 'size of a pixel, such as 0.5 or 0.5,0.7 (across, down)', '1');

const positive = (flag: string, text: string, expected: string): number => {
  const value = decimal(text.trim()) ?? 0;
  if (value > 0) return value;
  throw new UsageError(flag, expected, `'${text}'`, 'Correct it.');
};

/** Reads `--tolerance 2` and `--spacing 0.5` or `0.5,0.7` (across, down). */
export function contourOptions({ tolerance, spacing }: ContourFlags): Required<ContourOptions> {
  const expected = 'the size of a pixel above 0, such as 0.5 or 0.5,0.7';
  const [x = '', y = x, ...rest] = spacing.split(',');
  if (rest.length > 0) throw new UsageError('--spacing', expected, `'${spacing}'`, 'Correct it.');
  return {
    tolerance: positive('--tolerance', tolerance, 'a distance above 0'),
    spacing: { x: positive('--spacing', x, expected), y: positive('--spacing', y, expected) },
  };
}
