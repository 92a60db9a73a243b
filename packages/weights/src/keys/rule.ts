// Tables of names: what a file calls a tensor, what we call it, and how its numbers are laid out.
import type { Layout } from './layouts.ts';

/** One line of a table, read in both directions. `{i}` in both names stands for the same number. */
export interface KeyRule {
  readonly ours: string;
  /** Several names are aliases of one tensor: any of them is read, all of them are written. */
  readonly theirs: string | readonly string[];
  readonly layout?: Layout;
  /** Ours is one of so many equal row blocks of theirs: `[index, count]`. */
  readonly part?: readonly [number, number];
}

export interface Match {
  readonly rule: KeyRule;
  readonly names: readonly string[];
}

const PLACEHOLDER = /\\\{(\w+)\\\}/g;

function compile(rule: KeyRule): { pattern: RegExp; rule: KeyRule } {
  const escaped = rule.ours.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(PLACEHOLDER, '(?<$1>\\d+)');
  return { pattern: new RegExp(`^${escaped}$`), rule };
}

/** For each of our names, the rule that covers it and the names that a file may use. */
export function matchRules(rules: readonly KeyRule[], ours: Iterable<string>): Map<string, Match> {
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
