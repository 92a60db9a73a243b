// Tables that map the parameters of a model to the keys and layouts of a weight file, in both directions.
import type { Layout } from './layouts.ts';

/** One line of a table. `{i}` in both names stands for the same number. */
export interface KeyRule {
  /** Name of the parameter in the model. */
  readonly parameter: string;
  /** Key of the tensor in the file. Several keys are aliases: any of them is read, all of them are written. */
  readonly key: string | readonly string[];
  /** Layout of the tensor in the file; that of the parameter by default. */
  readonly layout?: Layout;
  /** The parameter is one of several equal row blocks of the tensor: `[index, count]`. */
  readonly part?: readonly [index: number, count: number];
}

export interface Match {
  readonly rule: KeyRule;
  readonly keys: readonly string[];
}

const PLACEHOLDER = /\\\{(\w+)\\\}/g;

function compile(rule: KeyRule): { pattern: RegExp; rule: KeyRule } {
  const escaped = rule.parameter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(PLACEHOLDER, '(?<$1>\\d+)');
  return { pattern: new RegExp(`^${escaped}$`), rule };
}

/** For each parameter, the first rule that covers it and its keys in a file. */
export function matchRules(rules: readonly KeyRule[], parameters: Iterable<string>): Map<string, Match> {
  const compiled = rules.map(compile);
  const matches = new Map<string, Match>();
  for (const parameter of parameters)
    for (const { pattern, rule } of compiled) {
      const found = pattern.exec(parameter);
      if (!found) continue;
      const keys = [rule.key].flat().map((key) => key.replace(/\{(\w+)\}/g, (_, name) => found.groups?.[name] ?? ''));
      matches.set(parameter, { rule, keys });
      break;
    }
  return matches;
}
