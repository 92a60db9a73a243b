// Where the Markdown files of the repository are on the site.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

const packages = readdirSync(join(ROOT, 'packages')).filter((name) =>
  existsSync(join(ROOT, 'packages', name, 'README.md')),
);

/** Paths of source files to paths on the site, both with `.md`. */
export const rewrites: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md') && !/node_modules|\.vitepress/.test(path))
      .map((path) => [`docs/${path}`, path]),
  ),
  ...Object.fromEntries(packages.map((name) => [`packages/${name}/README.md`, `packages/${name}.md`])),
  'apps/playground/README.md': 'playground.md',
  'benchmarks/README.md': 'benchmarks.md',
  'tools/reference/README.md': 'tools/reference.md',
  'tools/oracles/README.md': 'tools/oracles.md',
  'CONTRIBUTING.md': 'contributing.md',
};

/** Markdown files that are not on the site. */
export const left: readonly string[] = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path && !rewrites[path]);

/**
 * The address on the site of a link in a page, or in the repository's own address for files that are no pages.
 * @param from the path of the source file
 * @throws Error if it leads nowhere
 */
export function resolveLink(from: string, link: string, repository: string): string {
  const [path = '', anchor] = link.split('#');
  if (/^[a-z]+:|^\//.test(link) || !path) return link;
  const target = posix.join(posix.dirname(from), path).replace(/\/$/, '');
  const hash = anchor ? `#${anchor}` : '';
  for (const page of [target, `${target}/README.md`]) if (rewrites[page]) return `/${rewrites[page]}${hash}`;
  if (!existsSync(join(ROOT, target))) throw new Error(`${from}: the link ${link} leads nowhere`);
  return `${repository}/${statSync(join(ROOT, target)).isDirectory() ? 'tree' : 'blob'}/main/${target}${hash}`;
}

export const packagePages = packages.map((name) => ({
  text: name === 'medclipseg' ? name : `@medclipseg/${name}`,
  link: `/packages/${name}`,
}));

export const decisionPages = Object.values(rewrites)
  .filter((path) => path.startsWith('decisions/'))
  .sort()
  .map((path) => ({
    text: (/^# (.+)$/m.exec(readFileSync(join(ROOT, 'docs', path), 'utf8')) ?? [])[1] ?? path,
    link: `/${path.replace(/\.md$/, '')}`,
  }));
