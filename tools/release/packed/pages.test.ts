// Every block of every page does what the page says, with the packages as they would be published.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import oldest from 'typescript-oldest';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { prints } from '../src/blocks.ts';
import { logOfPage } from './browser.ts';
import { runShell, runTypeScript, startShell, unknownOptions, unknownScripts, unparsable, write } from './run.ts';
import { compile } from './types.ts';
import { type Page, pages, place, runs, type Unit } from './units.ts';

const [npm, pnpm, medclipseg, path] = [inject('npm'), inject('pnpm'), inject('medclipseg'), inject('path')];
const sources = new Map<string, Unit>();
/** Faults of types, found while the programs of all pages were written as JavaScript. */
let emitted: readonly string[];

beforeAll(async () => {
  for (const { slug, units } of pages) {
    const project = join(pnpm, 'pages', slug);
    for (const unit of units) {
      if (unit.head.language === 'ts' || unit.head.mark?.kind === 'file') await write(unit, project);
      if (unit.head.language === 'ts') sources.set(join(project, unit.file), unit);
    }
  }
  emitted = compile(ts, pnpm, sources, true);
  for (const { slug } of pages) {
    const target = join(npm, 'pages', slug);
    await cp(inject('fixtures'), target, { recursive: true });
    const own = (path: string) => !/node_modules|package\.json$/.test(path);
    await cp(join(pnpm, 'pages', slug), target, { recursive: true, filter: (path) => own(path.slice(pnpm.length)) });
  }
});

it('type-checks with the TypeScript of this repository', () => {
  expect(emitted).toEqual([]);
});

it('type-checks with the oldest TypeScript that READMEs promise', () => {
  expect(oldest.version).toMatch(/^5\.7\./);
  expect(compile(oldest as unknown as typeof ts, pnpm, sources, false)).toEqual([]);
});

/** Everything that a page says and that is not so. */
async function faultsOf({ slug, units }: Page): Promise<string[]> {
  const strict = join(pnpm, 'pages', slug);
  const flat = join(npm, 'pages', slug);
  const faults: (string | undefined)[] = [];
  const running: { stop(): void }[] = [];
  try {
    for (const unit of units) {
      const { language, mark } = unit.head;
      faults.push(await unparsable(unit, flat));
      if (mark?.kind === 'in the repository') faults.push(...(await unknownScripts(unit)));
      else if (mark?.kind === 'background') running.push(await startShell(unit, flat, path));
      else if (language === 'sh' && !runs(unit)) faults.push(...(await unknownOptions(unit, medclipseg)));
      else if (language === 'sh') faults.push(await runShell(unit, flat, path));
      else if (language === 'ts' && runs(unit)) {
        // What a program writes is not there yet for the other.
        const twin = `${flat}-twin`;
        await cp(flat, twin, { recursive: true });
        faults.push(...(await Promise.all([runTypeScript(unit, flat, flat), runTypeScript(unit, strict, twin)])));
        await rm(twin, { recursive: true });
      }
    }
    const script = units.find(({ file }) => file === 'main.ts');
    if (script && units.some(({ file }) => file === 'index.html')) {
      const shown = script.output ?? [];
      const logged = await logOfPage(join(flat, 'dist'), shown.length);
      if (!prints(shown, logged)) faults.push(`${place(script, 0)}: shows ${shown}, but logs ${logged}`);
    }
  } finally {
    for (const program of running) program.stop();
  }
  return faults.filter((fault) => fault !== undefined);
}

describe.concurrent('what a page says is so', () => {
  it.each(pages)('$path', async (page) => {
    expect((await faultsOf(page)).join('\n\n')).toBe('');
  });
});
