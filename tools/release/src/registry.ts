// A package registry on this machine that has the packed packages as if they were published, and refers to the real one for all others.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { command, type Packed } from './stage.ts';

export interface Registry {
  /** Its address, with a slash at the end. */
  readonly address: string;
  close(): void;
}

/** Serves `packages` on 127.0.0.1 until it is closed. */
export async function openRegistry(packages: readonly Packed[]): Promise<Registry> {
  const upstream = (await command('.', 'npm', ['config', 'get', 'registry'])).trim();
  const tarballs = new Map(packages.map(({ tarball }) => [basename(tarball), tarball]));
  const documents = new Map<string, object>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').slice(1));
    const tarball = tarballs.get(path.replace('tarballs/', ''));
    const document = documents.get(path);
    if (tarball) createReadStream(tarball).pipe(response);
    else if (document) response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
    else response.writeHead(307, { location: new URL(request.url?.slice(1) ?? '', upstream).href }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (const { manifest, tarball } of packages) {
    const integrity = `sha512-${createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64')}`;
    const dist = { tarball: `${address}tarballs/${basename(tarball)}`, integrity };
    documents.set(manifest.name, {
      name: manifest.name,
      'dist-tags': { latest: manifest.version },
      versions: { [manifest.version]: { ...manifest, dist } },
    });
  }
  return {
    address,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
