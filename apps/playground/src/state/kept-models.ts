// Models kept in this browser: files from disk and taught models in a cache of their own, hub files in the hub cache, and a list of all.
import { forgetHubBlob } from '@medclipseg/weights/hub';
import type { KnownModel } from './model.ts';

const CACHE = 'medclipseg-playground-files';
const LIST = 'medclipseg-kept-models';
const CHOSEN = 'medclipseg-model';

type Common = Pick<KnownModel, 'id' | 'title' | 'bytes' | 'sha256' | 'teaching'>;

type Listed = Common &
  (
    | { readonly kind: 'file'; readonly name: string; readonly tokenizer?: boolean }
    | { readonly kind: 'hub'; readonly repo: string; readonly path: string; readonly name: string }
  );

const addressOf = ({ id }: Pick<KnownModel, 'id'>): string => `https://kept.invalid/${id}`;
const tokenizerOf = (model: Pick<KnownModel, 'id'>): string => `${addressOf(model)}?tokenizer`;

function list(): readonly Listed[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(LIST) ?? '[]');
    return Array.isArray(stored) ? stored.filter((one) => typeof one?.id === 'string') : [];
  } catch {
    return [];
  }
}

function listedAs({ source, ...common }: KnownModel): Listed | undefined {
  if (source.kind === 'file')
    return { ...common, kind: 'file', name: source.name, tokenizer: Boolean(source.tokenizer) };
  return source.kind === 'hub' ? { ...common, ...source } : undefined;
}

const write = (models: readonly Listed[]): void => localStorage.setItem(LIST, JSON.stringify(models));

/** Keeps a model for the next visit. @throws when there is no room */
export async function keepModel(model: KnownModel): Promise<void> {
  const listed = listedAs(model);
  if (!listed) return;
  const { source } = model;
  if (source.kind === 'file') {
    const cache = await caches.open(CACHE);
    await cache.put(addressOf(model), new Response(source.file));
    if (source.tokenizer) await cache.put(tokenizerOf(model), new Response(source.tokenizer));
  }
  write([...list().filter(({ id }) => id !== model.id), listed]);
}

export async function deleteModel(model: KnownModel): Promise<void> {
  const { source } = model;
  write(list().filter(({ id }) => id !== model.id));
  if (source.kind === 'hub') await forgetHubBlob(source);
  else if (source.kind === 'file') {
    const cache = await caches.open(CACHE);
    await Promise.all([addressOf, tokenizerOf].map((address) => cache.delete(address(model))));
  }
}

/** The models of earlier visits that are still stored. */
export async function keptModels(): Promise<KnownModel[]> {
  if (list().length === 0) return [];
  const cache = await caches.open(CACHE);
  const found: KnownModel[] = [];
  for (const one of list()) {
    const { id, title, bytes, sha256, teaching } = one;
    const common = { id, title, bytes, sha256, teaching };
    if (one.kind === 'hub') {
      const { kind, repo, path, name } = one;
      found.push({ ...common, source: { kind, repo, path, name } });
      continue;
    }
    const file = await (await cache.match(addressOf(one)))?.blob();
    const tokenizer = one.tokenizer ? await (await cache.match(tokenizerOf(one)))?.blob() : undefined;
    if (file) found.push({ ...common, source: { kind: 'file', file, name: one.name, tokenizer } });
  }
  return found;
}

/** The model in use, for the next visit. */
export const rememberChosen = ({ id }: KnownModel): void => localStorage.setItem(CHOSEN, id);

export const rememberedChoice = (): string | null => localStorage.getItem(CHOSEN);
