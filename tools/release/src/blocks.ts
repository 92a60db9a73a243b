// The code blocks of a Markdown page, and what the page says about them.
//
//   <!-- not run: REASON -->       the next block is checked (types, options, syntax), not run
//   <!-- in the repository -->     the next block has commands for a checkout of this repository
//   <!-- background -->            the next block starts something that runs while the rest of the page does
//   <!-- continues -->             the next block continues the last one of its language
//   <!-- file: PATH -->            the next block is a file of the page's project
//
// An indented block directly after a block is what it prints; so is a comment after a `console.log`. In both, `…` stands for any text.

export interface Block {
  /** The path of the page in the repository, and the line of the block's first line of code, from 1. */
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** The lines that it prints, if the page says so. */
  readonly output?: readonly string[];
  readonly mark?: {
    readonly kind: 'not run' | 'in the repository' | 'background' | 'continues' | 'file';
    readonly text: string;
  };
}

const MARK = /^<!-- (not run|in the repository|background|continues|file)(?:: (.+))? -->$/;
const FENCE = /^( *)```(\S*)/;

/** What `console.log` calls print by their comments, in order; undefined if no call has one. */
function commented(code: string): string[] | undefined {
  const lines = code.split('\n').flatMap((line) => {
    const match = /^(?!\s*\/\/).*console\.log\(.*\);? \/\/ (.+)$/.exec(line);
    return match?.[1] ? [match[1]] : [];
  });
  return lines.length > 0 ? lines : undefined;
}

/** All blocks of a page. @throws Error if a block is indented or not closed, or a mark has no block or no reason */
export function blocksOf(page: string, markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  let mark: Block['mark'];
  let end = -1;
  const wrong = (line: number, what: string) => new Error(`${page}:${line + 1}: ${what}`);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string;
    const marked = MARK.exec(line);
    const fence = FENCE.exec(line);
    if (marked) {
      const [, kind, text = ''] = marked as unknown as [string, NonNullable<Block['mark']>['kind'], string | undefined];
      if ((kind === 'not run' || kind === 'file') && !text) throw wrong(index, `'${kind}' needs a text after a colon`);
      mark = { kind, text };
    } else if (fence) {
      const [, indent = '', language = ''] = fence;
      const start = index + 1;
      index = lines.findIndex((line, at) => at >= start && line.startsWith(`${indent}\`\`\``));
      if (index < 0) throw wrong(start - 1, 'a block that is not closed');
      const code = lines
        .slice(start, index)
        .map((line) => line.slice(indent.length))
        .join('\n');
      blocks.push({ page, line: start + 1, language, code, output: commented(code), mark });
      mark = undefined;
      end = index;
    } else if (/^ {4}\S/.test(line) && (lines[index - 1] ?? '') === '') {
      const last = blocks.at(-1);
      if (!last || lines.slice(end + 1, index).some((line) => line !== ''))
        throw wrong(index, 'an indented block that no block prints. Use a fence');
      const from = index;
      while (/^ {4}/.test(lines[index + 1] ?? '')) index++;
      blocks[blocks.length - 1] = { ...last, output: lines.slice(from, index + 1).map((line) => line.slice(4)) };
      end = index;
    } else if (line !== '' && mark) throw wrong(index, `'${mark.kind}' belongs right before a block`);
  }
  return blocks;
}

/** Whether printed lines are those that a page shows. */
export function prints(shown: readonly string[], printed: readonly string[]): boolean {
  const matches = (line: string, other: string | undefined) => {
    const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(other ?? '');
  };
  return shown.length === printed.length && shown.every((line, index) => matches(line, printed[index]));
}

/** The packages that a page says to install: its `npm install` lines, without versions and flags. */
export function installed(blocks: readonly Block[]): string[] {
  const names = blocks
    .filter(({ language, mark }) => language === 'sh' && mark?.kind !== 'in the repository')
    .flatMap(({ code }) => code.split('\n'))
    .flatMap((line) => /^npm install (.+?)(?: +#.*)?$/.exec(line)?.[1]?.split(' ') ?? [])
    .filter((name) => !name.startsWith('-'));
  return [...new Set(names)];
}
