// Links between the Markdown files of this repository lead to files and headings that exist.
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, it } from 'vitest';
import { files, ROOT, read } from './repository.ts';

const pages = files.filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'));

/** The anchors that GitHub and the docs site give to the headings of a page. */
const anchors = (path: string): Set<string> =>
  new Set(
    [...read(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

/** Links outside of code. */
const linksOf = (path: string): string[] =>
  [
    ...read(path)
      .replace(/```[\s\S]*?```|`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, link = '']) => link);

it('lead somewhere', () => {
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => !/^[a-z]+:|^\//.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path ? posix.join(posix.dirname(page), path) : page;
        if (!existsSync(join(ROOT, target))) return true;
        return anchor !== undefined && target.endsWith('.md') && !anchors(target).has(anchor);
      })
      .map((link) => `${page}: ${link}`),
  );
  expect(pages.length).toBeGreaterThan(20);
  expect(broken).toEqual([]);
});
