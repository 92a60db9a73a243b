// A model hub on the loopback interface that misbehaves on demand.
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = 'c0ffee'.padEnd(40, '0');
export const REPO = 'owner/model';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse, content: Uint8Array) => void;

export interface HubServer {
  readonly url: string;
  /** Requests for files, in order; those to the API are not included. */
  readonly asked: Asked[];
  /** Paths of requests to the API, in order. */
  readonly apiAsked: string[];
  /** Answers to the next requests for files; then the files themselves. */
  readonly answers: Answer[];
  /** Answers to the next requests to the API. */
  readonly apiAnswers: Answer[];
  /** The files of every repository that is not in `repositories`. */
  readonly files: Map<string, Uint8Array>;
  close(): Promise<void>;
}

/** As the hub describes a file: large ones by SHA-256, small ones as git does. */
function sibling(name: string, content: Uint8Array) {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const blobId = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const lfs = name.endsWith('.json') ? {} : { lfs: { sha256, size: content.length, pointerSize: 134 } };
  return { rfilename: name, size: content.length, blobId, ...lfs };
}

/** Sends a file as a correct server does, ranges included. */
export const honest: Answer = (request, response, content) => {
  const [, first] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
  const [, last = `${content.length - 1}`] = /^bytes=\d+-(\d+)/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) return void response.writeHead(200, { 'content-length': content.length }).end(content);
  if (Number(first) >= content.length) return void response.writeHead(416).end();
  const part = content.subarray(Number(first), Number(last) + 1);
  const range = `bytes ${first}-${Number(first) + part.length - 1}/${content.length}`;
  response.writeHead(206, { 'content-length': part.length, 'content-range': range, etag: '"1"' }).end(part);
};

/** Breaks off after a number of bytes. */
export const broken =
  (after: number): Answer =>
  (request, response, content) => {
    const first = /^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1];
    const part = content.subarray(Number(first ?? 0));
    const range =
      first === undefined ? {} : { 'content-range': `bytes ${first}-${content.length - 1}/${content.length}` };
    response.writeHead(first === undefined ? 200 : 206, { 'content-length': part.length, ...range });
    response.write(part.subarray(0, after), () => response.socket?.destroy());
  };

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_, response) =>
    void response.writeHead(code, headers).end('an error page');

export const redirect = (location: string, code = 302): Answer => status(code, { location });

/** The files of a repository by their paths. */
export type RepositoryFiles = Readonly<Record<string, Uint8Array>>;

/**
 * @param files of any repository
 * @param repositories by `owner/name`; if given, there are no others
 */
export async function hubServer(
  files: RepositoryFiles,
  repositories?: Readonly<Record<string, RepositoryFiles>>,
): Promise<HubServer> {
  const hub: Omit<HubServer, 'url' | 'close'> = {
    asked: [],
    apiAsked: [],
    answers: [],
    apiAnswers: [],
    files: new Map(Object.entries(files)),
  };
  const filesOf = (repo: string): ReadonlyMap<string, Uint8Array> | undefined => {
    const own = repositories?.[repo];
    return own ? new Map(Object.entries(own)) : repositories ? undefined : hub.files;
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url as string, 'http://x').pathname);
    const [, apiRepo, revision] = /^\/api\/(?:models|datasets)\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(path) ?? [];
    if (apiRepo !== undefined) {
      hub.apiAsked.push(path);
      const answer = hub.apiAnswers.shift();
      if (answer) return answer(request, response, new Uint8Array());
      const found = filesOf(apiRepo);
      // As the hub does, which does not reveal whether a private repository exists.
      if (!found) return void response.writeHead(401).end();
      const siblings = [...found].map(([name, content]) => sibling(name, content));
      const known = revision === 'main' || revision === COMMIT;
      return void response.writeHead(known ? 200 : 404).end(JSON.stringify({ sha: COMMIT, siblings }));
    }
    hub.asked.push({ path, headers: request.headers });
    const [, repo = '', within = ''] = /^(?:\/datasets)?\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(path) ?? [];
    const content = filesOf(repo)?.get(within) ?? hub.files.get(path.slice(1));
    if (!content) return void response.writeHead(404).end();
    (hub.answers.shift() ?? honest)(request, response, content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...hub,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

// The part of the Cache API that the hub uses: a put stores a whole body or nothing.
export function memoryCaches(): CacheStorage {
  const stored = new Map<string, Blob>();
  const cache = {
    async match(key: string) {
      const blob = stored.get(key);
      return blob && new Response(blob);
    },
    async put(key: string, response: Response) {
      // Browsers replace the error of a failed body by their own.
      const blob = await response.blob().catch(() => Promise.reject(new TypeError('Failed to fetch')));
      stored.set(key, blob);
    },
    keys: async () => [...stored.keys()].map((url) => ({ url })),
    delete: async (key: string) => stored.delete(key),
  };
  return { open: async () => cache } as unknown as CacheStorage;
}
