import { expect, it } from 'vitest';
import { blocksOf, installed, prints } from './blocks.ts';

const page = (...lines: string[]) => blocksOf('page.md', lines.join('\n'));

it('finds blocks with their language, line and mark', () => {
  expect(page('text', '', '<!-- not run: needs a GPU -->', '', '```sh', 'a', 'b', '```')).toEqual([
    {
      page: 'page.md',
      line: 6,
      language: 'sh',
      code: 'a\nb',
      output: undefined,
      mark: { kind: 'not run', text: 'needs a GPU' },
    },
  ]);
});

it('reads what a block prints from comments and from an indented block after it', () => {
  expect(page('```ts', 'console.log(1); // 1', '// console.log(2); // 2', '```')[0]?.output).toEqual(['1']);
  expect(page('```ts', 'x', '```', '', '    1', '    2', 'text')[0]?.output).toEqual(['1', '2']);
});

it('refuses blocks that would escape the checks', () => {
  expect(() => page('text', '', '    npm run x')).toThrow(
    'page.md:3: an indented block that no block prints. Use a fence',
  );
  expect(() => page('```ts', 'x')).toThrow('page.md:1: a block that is not closed');
  expect(() => page('<!-- not run -->', '```sh', '```')).toThrow("'not run' needs a text after a colon");
  expect(() => page('<!-- continues -->', 'text')).toThrow("'continues' belongs right before a block");
});

it('compares printed lines, in which … is any text', () => {
  expect(prints(['a (b) …'], ['a (b) c'])).toBe(true);
  expect(prints(['a'], ['a', 'b'])).toBe(false);
  expect(prints(['a.c'], ['abc'])).toBe(false);
});

it('lists what a page installs', () => {
  expect(installed(page('```sh', 'npm install -D a @b/c # note', 'npx x', 'npm install d', '```'))).toEqual([
    'a',
    '@b/c',
    'd',
  ]);
});
