// The settings file: YAML, every key known, every value checked.
import { readFile } from 'node:fs/promises';
import { closestMatch } from '@medclipseg/weights';
import { parse, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { shippedSettings } from '../command.ts';
import { UsageError } from '../errors.ts';
import { fromPublished, publishedKeys, type Tree } from './published.ts';
import { keysOf, type Settings, schemas } from './schema.ts';

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(subject: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new UsageError(subject, 'YAML', `something else: ${error.message.split('\n')[0]}`, 'Correct it.');
  }
}

const lastName = (key: string): string => key.slice(key.lastIndexOf('.') + 1);

/** The key that may have been meant: the same name in another section, or else the known key with the fewest changes. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const elsewhere = known.find((candidate) => lastName(candidate) === lastName(key));
  if (elsewhere !== undefined) return elsewhere;
  const section = key.slice(0, -lastName(key).length);
  const siblings = known.filter((candidate) => candidate.startsWith(section));
  const sibling = closestMatch(
    lastName(key),
    siblings.map((candidate) => candidate.slice(section.length)),
  );
  return sibling === undefined ? closestMatch(key, known) : section + sibling;
}

const unknown = (key: string, known: readonly string[]): string => {
  const meant = nearestKey(key, known);
  return `${key}: no such key${meant === undefined ? '' : `; did you mean ${meant}?`}`;
};

/** Sets `A.B=value` in a tree of settings, if there is such a key; `A.B=` removes it. */
function override(tree: Tree, assignment: string, known: readonly string[]): void {
  const equals = assignment.indexOf('=');
  if (equals < 1)
    throw new UsageError('--set', 'KEY.SUB=value', `'${assignment}'`, 'Write for example TRAIN.NUM_EPOCHS=20.');
  const key = assignment.slice(0, equals);
  if (!known.includes(key))
    throw new UsageError(
      `--set ${key}`,
      'a known key',
      'another',
      `${unknown(key, known)} A section is set key by key.`,
    );
  const names = key.split('.');
  let node = tree;
  for (const name of names.slice(0, -1)) {
    if (!isTree(node[name])) node[name] = {};
    node = node[name] as Tree;
  }
  const name = names.at(-1) as string;
  const value = parsed(`--set ${key}`, assignment.slice(equals + 1));
  if (value === null) delete node[name];
  else node[name] = value;
}

const valueAt = (tree: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((node, key) => (node as Tree | undefined)?.[key as string], tree);

/** What is wrong, a line per key. */
function faultsIn(tree: Tree, issues: z.ZodError['issues'], known: readonly string[]): string[] {
  return issues.flatMap((issue) => {
    const at = issue.path.join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknown(at === '' ? key : `${at}.${key}`, known));
    const value = valueAt(tree, issue.path);
    const got = value === undefined ? 'nothing' : JSON.stringify(value);
    return [`${at || 'file'}: ${issue.message.replace(/, received .*$/, '')}, got ${got}`];
  });
}

/**
 * Reads and checks a settings file, ours or the published program's, with overrides from the command line.
 *
 * @param path a file, or the name of settings that come with the command
 * @param onNotice called with what the file says that has no meaning here
 */
export async function readSettings(
  path: string,
  overrides: readonly string[] = [],
  onNotice: (text: string) => void = () => {},
): Promise<Settings> {
  const text = await readFile(shippedSettings(path) ?? path, 'utf8').catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    throw new UsageError(path, 'a settings file', 'none', 'Check the path given to --config.');
  });
  const written = parsed(path, text) ?? {};
  if (!isTree(written))
    throw new UsageError(path, 'sections of settings', JSON.stringify(written), 'Write KEY: value.');
  const known = [...new Set([...Object.values(schemas).flatMap((schema) => keysOf(schema)), ...publishedKeys])];
  for (const assignment of overrides) override(written, assignment, known);
  const tree = fromPublished(written, path, onNotice);
  const model = isTree(tree.MODEL) ? tree.MODEL : {};
  const named = 'ENCODERS' in model || 'IMAGE' in model;
  const schema = schemas['IMAGE' in model && !('ENCODERS' in model) ? 'new' : 'frozen'];
  const result = schema.safeParse(tree);
  if (result.success) return result.data;
  const issues = result.error.issues.filter(({ path: [section] }) => named || section !== 'MODEL');
  const faults = [
    ...(named ? [] : ['MODEL: expected ENCODERS or CLIP_MODEL, or IMAGE and TEXT for new encoders, got none of them']),
    ...faultsIn(tree, issues, [...keysOf(schema), ...publishedKeys]),
  ];
  throw new UsageError(
    path,
    'known keys with fitting values',
    `${faults.length} at fault:\n${faults.map((fault) => `  ${fault}`).join('\n')}\n`,
    'Correct the file or --set.',
  );
}
