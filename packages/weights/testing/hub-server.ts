// A model hub on loopback that misbehaves on demand.
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = 'c0ffee'.padEnd(40, '0');
export const REPO = 'owner/model';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Answers one request for a file in its own way. */
export type Answer = (request: IncomingMessage, response: ServerResponse, content: Uint8Array) => void;

export interface HubServer {
  readonly url: string;
  /** Requests for files, in order; what is asked of the API is not among them. */
  readonly asked: Asked[];
  /** What the next requests for files get instead of the file. */
  readonly answers: Answer[];
  /** What the next requests for descriptions get. */
  readonly apiAnswers: Answer[];
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

/** A file as an honest server sends it, ranges included. */
export const honest: Answer = (request, response, content) => {
  const [, first] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
  const [, last = `${content.length - 1}`] = /^bytes=\d+-(\d+)/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) return void response.writeHead(200, { 'content-length': content.length }).end(content);
  if (Number(first) >= content.length) return void response.writeHead(416).end();
  const part = content.subarray(Number(first), Number(last) + 1);
  const range = `bytes ${first}-${Number(first) + part.length - 1}/${content.length}`;
  response.writeHead(206, { 'content-length': part.length, 'content-range': range, etag: '"1"' }).end(part);
};

/** Breaks off after so many bytes. */
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

export async function hubServer(files: Readonly<Record<string, Uint8Array>>): Promise<HubServer> {
  const hub: Omit<HubServer, 'url' | 'close'> = {
    asked: [],
    answers: [],
    apiAnswers: [],
    files: new Map(Object.entries(files)),
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url as string, 'http://x').pathname);
    const siblings = [...hub.files].map(([name, content]) => sibling(name, content));
    if (path.startsWith('/api/')) {
      const answer = hub.apiAnswers.shift();
      if (answer) return answer(request, response, new Uint8Array());
      const known = /^\/api\/(models|datasets)\/[^/]+\/[^/]+\/revision\/main$/.test(path) || path.endsWith(COMMIT);
      return void response.writeHead(known ? 200 : 404).end(JSON.stringify({ sha: COMMIT, siblings }));
    }
    hub.asked.push({ path, headers: request.headers });
    const within = path
      .replace(/^\/datasets/, '')
      .split('/')
      .slice(5)
      .join('/');
    const content = hub.files.get(within) ?? hub.files.get(path.slice(1));
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
