// What the pages of this repository ask a reader to do, as units that can be checked one by one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, blocksOf, installed } from '../src/blocks.ts';
import { ROOT } from '../src/stage.ts';

/** Blocks of one program: a block and those that continue it. */
export interface Unit {
  readonly head: Block;
  readonly blocks: readonly Block[];
  readonly code: string;
  readonly output?: readonly string[];
  /** The name of its file, without a folder. */
  readonly file: string;
}

export interface Page {
  readonly path: string;
  /** A name for folders. */
  readonly slug: string;
  readonly units: readonly Unit[];
  readonly packages: readonly string[];
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  ts: 'ts',
  sh: 'sh',
  python: 'py',
  json: 'json',
  csv: 'csv',
  yaml: 'yaml',
  html: 'html',
};

/** Whether a unit is a program that is run. */
export const runs = ({ head: { language, mark } }: Unit): boolean =>
  ['ts', 'sh'].includes(language) &&
  mark?.kind !== 'not run' &&
  mark?.kind !== 'in the repository' &&
  mark?.kind !== 'file';

function unitsOf(blocks: readonly Block[]): Unit[] {
  const units: Unit[] = [];
  for (const block of blocks) {
    const continued = block.mark?.kind === 'continues';
    const at = continued ? units.findLastIndex((unit) => unit.head.language === block.language && runs(unit)) : -1;
    const last = units[at];
    if (last)
      units[at] = {
        ...last,
        blocks: [...last.blocks, block],
        code: `${last.code}\n${block.code}`,
        output: last.output || block.output ? [...(last.output ?? []), ...(block.output ?? [])] : undefined,
      };
    else {
      const named = block.mark?.kind === 'file' ? block.mark.text : undefined;
      const file = named ?? `line-${block.line}.${EXTENSIONS[block.language] ?? 'txt'}`;
      units.push({ head: block, blocks: [block], code: block.code, output: block.output, file });
    }
  }
  return units;
}

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path && !/^(\.changeset|\.github)\/|THIRD_PARTY/.test(path));

/** Every page with blocks, in the order of their paths. */
export const pages: readonly Page[] = tracked.flatMap((path) => {
  const blocks = blocksOf(path, readFileSync(join(ROOT, path), 'utf8'));
  const slug = path.replace(/\.md$/, '').replaceAll('/', '-').toLowerCase();
  return blocks.length > 0 ? [{ path, slug, units: unitsOf(blocks), packages: installed(blocks) }] : [];
});

/** `page:line` of a line of a unit's code, both from 0. */
export function place({ blocks }: Unit, line: number): string {
  let first = 0;
  for (const block of blocks) {
    const length = block.code.split('\n').length;
    if (line < first + length) return `${block.page}:${block.line + line - first}`;
    first += length;
  }
  return `${blocks[0]?.page}`;
}
