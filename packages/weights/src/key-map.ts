// Tables of names: what a file calls a tensor, what we call it, and how its numbers are laid out.
import { KeyMismatchError } from './errors.ts';
import { type Layout, toOurs } from './layouts.ts';
import { sizeOf, type TensorFile, type TensorValue } from './tensor-file.ts';

/** One line of a table. `{i}` in both names stands for the same index. */
export interface KeyRule {
  readonly ours: string;
  /** Several names are aliases of one tensor; any of them is read. */
  readonly theirs: string | readonly string[];
  readonly layout?: Layout;
  /** Ours is the first of so many equal row blocks of theirs: `[index, count]`. */
  readonly part?: readonly [number, number];
}

interface Match {
  readonly rule: KeyRule;
  readonly names: readonly string[];
}

const PLACEHOLDER = /\\\{(\w+)\\\}/g;

function compile(rule: KeyRule): { pattern: RegExp; rule: KeyRule } {
  const escaped = rule.ours.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(PLACEHOLDER, '(?<$1>\\d+)');
  return { pattern: new RegExp(`^${escaped}$`), rule };
}

/** For each of our names, the rule that covers it and the names that a file may use. */
function match(rules: readonly KeyRule[], ours: Iterable<string>): Map<string, Match> {
  const compiled = rules.map(compile);
  const matches = new Map<string, Match>();
  for (const name of ours)
    for (const { pattern, rule } of compiled) {
      const found = pattern.exec(name);
      if (!found) continue;
      const names = [rule.theirs]
        .flat()
        .map((theirs) => theirs.replace(/\{(\w+)\}/g, (_, key) => found.groups?.[key] ?? ''));
      matches.set(name, { rule, names });
      break;
    }
  return matches;
}

function block({ shape, data }: TensorValue, [index, count]: readonly [number, number]): TensorValue {
  const size = sizeOf(shape) / count;
  const rows = (shape[0] as number) / count;
  return { shape: [rows, ...shape.slice(1)], data: data.slice(index * size, (index + 1) * size) };
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[b.length] as number;
}

function nearest(name: string, candidates: readonly string[]): string {
  const best = candidates
    .map((candidate) => ({ candidate, d: distance(name, candidate) }))
    .sort((a, b) => a.d - b.d)[0];
  return best && best.d <= name.length / 2 ? `${name} (nearest: ${best.candidate})` : name;
}

export interface MappingOptions {
  /** Names in the file that carry nothing we use. */
  readonly ignore?: readonly RegExp[];
}

/**
 * Reads the tensors of a model from a file that names them otherwise.
 *
 * Strict: what is missing, unexpected or of another shape is told all at once, with the nearest names.
 *
 * @param expected our names and shapes
 */
export async function readMapped(
  file: TensorFile,
  rules: readonly KeyRule[],
  expected: ReadonlyMap<string, readonly number[]>,
  { ignore = [] }: MappingOptions = {},
): Promise<Map<string, TensorValue>> {
  const matches = match(rules, expected.keys());
  const used = new Set<string>();
  const values = new Map<string, TensorValue>();
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [ours, shape] of expected) {
    const { rule, names } = matches.get(ours) ?? { rule: undefined, names: [ours] };
    const found = names.find((name) => file.tensors.has(name));
    for (const name of names) used.add(name);
    if (!rule || found === undefined) {
      missing.push(names[0] as string);
      continue;
    }
    const stored = await file.read(found);
    const divisible = !rule.part || (stored.shape[0] ?? 0) % rule.part[1] === 0;
    const value = divisible ? toOurs(rule.part ? block(stored, rule.part) : stored, rule.layout ?? 'same') : stored;
    if (`${value.shape}` === `${shape}`) values.set(ours, value);
    else misshapen.push(`${found}: expected [${shape}] here, got [${value.shape}] from [${stored.shape}]`);
  }
  const unexpected = [...file.tensors.keys()].filter(
    (name) => !used.has(name) && !ignore.some((pattern) => pattern.test(name)),
  );
  if (missing.length + unexpected.length + misshapen.length > 0)
    throw new KeyMismatchError(
      missing.slice(0, 50).map((name) => nearest(name, unexpected)),
      unexpected,
      misshapen,
    );
  return values;
}

/** A part of a file under a prefix, its names without the prefix. */
export const below = (file: TensorFile, prefix: string): TensorFile => ({
  metadata: file.metadata,
  tensors: new Map(
    [...file.tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, info]) => [name.slice(prefix.length), info]),
  ),
  read: (name) => file.read(prefix + name),
  close: () => file.close(),
});
