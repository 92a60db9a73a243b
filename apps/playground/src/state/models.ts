// Adds models, takes one, throws one away.

import type { HubEntry } from '@medclipseg/weights/hub';
import { signal } from '@preact/signals';
import { isModelFile, isTokenizerFile } from '../files/kinds.ts';
import { STRINGS } from '../strings.ts';
import { engine } from './engine.ts';
import { explain, isAbort } from './explain.ts';
import { forgetModel, keepModel, keptModels } from './kept-models.ts';
import { choose, chosen, type KnownModel, MINI, models, progress } from './model.ts';
import { say } from './notices.ts';
import { forgetResults } from './results.ts';

/** Files of a repository that was looked up, to choose from before anything is downloaded. */
export const found = signal<{ readonly repo: string; readonly files: readonly HubEntry[] } | undefined>(undefined);
export const looking = signal(false);

export async function rememberedModels(): Promise<void> {
  const kept = await keptModels().catch(() => []);
  models.value = [...models.value, ...kept.filter(({ id }) => !models.value.some((known) => known.id === id))];
}

/** Opens a model and makes it the one in use. */
export async function takeModel(model: KnownModel): Promise<boolean> {
  if (model.id === chosen.value.id && model.source.kind !== 'file') return true;
  try {
    await choose(model);
    forgetResults();
    models.value = [...models.value.filter(({ id }) => id !== model.id), model];
    // Private windows and full disks keep nothing.
    await keepModel(model).catch(() => undefined);
    say({ kind: 'done', text: STRINGS.models.opened(model.title) });
    return true;
  } catch (error) {
    // Overtaken: another one opens.
    if (isAbort(error) && progress.value) return false;
    say(isAbort(error) ? { kind: 'done', text: STRINGS.models.canceled } : explain(error));
    return false;
  }
}

/** A model among files that were chosen or dropped together, with its tokenizer where it is a file of its own. */
export async function openModelFiles(files: readonly File[]): Promise<boolean> {
  const file = files.find(({ name }) => isModelFile(name));
  if (!file) {
    say({ kind: 'problem', text: STRINGS.problems.noModelFile });
    return false;
  }
  const { name, size } = file;
  const tokenizer = files.find((other) => isTokenizerFile(other.name));
  return takeModel({ id: name, title: name, source: { kind: 'file', file, name, tokenizer }, bytes: size });
}

/** `owner/name` or `owner/name/path`, also as the address of its page. */
export function parseHubId(text: string): { readonly repo: string; readonly path?: string } | undefined {
  const id = text
    .trim()
    .replace(/^https:\/\/huggingface\.co\//, '')
    .replace(/\/(?:blob|resolve|tree)\/[^/]+/, '');
  const [, repo, path] = /^([\w.-]+\/[\w.-]+)(?:\/(.+))?$/.exec(id) ?? [];
  return repo ? { repo, path: path || undefined } : undefined;
}

/** Asks the hub which files there are. */
export async function lookUp(text: string): Promise<void> {
  const id = parseHubId(text);
  found.value = undefined;
  if (!id) {
    say({ kind: 'problem', text: STRINGS.models.badId });
    return;
  }
  looking.value = true;
  try {
    const files = await (await engine()).listHub(id.repo);
    const wanted = id.path ? files.filter(({ path }) => path === id.path) : files;
    if (wanted.length > 0) found.value = { repo: id.repo, files: wanted };
    else say({ kind: 'problem', text: STRINGS.problems.notOnHub });
  } catch (error) {
    if (!isAbort(error)) say(explain(error));
  } finally {
    looking.value = false;
  }
}

export const openHub = (repo: string, { path, size }: HubEntry): Promise<boolean> =>
  takeModel({ id: `${repo}/${path}`, title: `${repo}/${path}`, source: { kind: 'hub', repo, path }, bytes: size });

export async function cancelOpening(): Promise<void> {
  await (await engine()).stop();
}

/** Throws a model away; in its place comes the built-in one. */
export async function removeModel(model: KnownModel): Promise<void> {
  models.value = models.value.filter(({ id }) => id !== model.id);
  await forgetModel(model).catch((error) => say(explain(error)));
  if (chosen.value.id === model.id) await takeModel(MINI);
}
