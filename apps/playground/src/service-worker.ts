// Caches the page's own files, so that it works offline after the first visit. Hub files have their own cache.

/** Replaced by the build. */
declare const __BUILT_FILES__: { readonly version: string; readonly files: readonly string[] };

/** The parts of the service worker's scope in use; TypeScript's own types for it conflict with those of a page. */
interface WorkerScope {
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: 'fetch',
    listener: (event: { readonly request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
}

const scope = globalThis as unknown as WorkerScope;
const { version, files } = __BUILT_FILES__;
/** Pages at other paths of the same host have caches of their own. */
const PREFIX = `medclipseg-playground ${scope.location.pathname} `;
const NAME = PREFIX + version;
const built = new Set(files.map((file) => new URL(file, scope.location.href).href));

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  await cache.addAll([...built]);
}

async function deleteOldCaches(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  await scope.clients.claim();
}

const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '');

async function respond(request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  return (await cache.match(withoutQuery(request.url))) ?? fetch(request);
}

scope.addEventListener('install', (event) => event.waitUntil(install()));
scope.addEventListener('activate', (event) => event.waitUntil(deleteOldCaches()));
scope.addEventListener('fetch', (event) => {
  if (event.request.method === 'GET' && built.has(withoutQuery(event.request.url)))
    event.respondWith(respond(event.request));
});
