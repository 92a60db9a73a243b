// The model hub as the page sees it: requests to it are answered from memory.
import { createHash } from 'node:crypto';
import type { BrowserContext, Route } from 'playwright';

const headers = { 'access-control-allow-origin': '*' };

/** Files of a repository by path. */
export type Repository = Readonly<Record<string, Uint8Array>>;

export interface Hub {
  /** Paths of the files that were downloaded. */
  readonly downloads: string[];
  /** Answers a download. */
  serve: (route: Route, content: Uint8Array) => Promise<void>;
}

const describe = ([rfilename, content]: readonly [string, Uint8Array]) => ({
  rfilename,
  size: content.length,
  lfs: { sha256: createHash('sha256').update(content).digest('hex'), size: content.length },
});

/** @param repositories by `owner/name` */
export async function serveHub(
  context: BrowserContext,
  repositories: Readonly<Record<string, Repository>>,
): Promise<Hub> {
  const hub: Hub = {
    downloads: [],
    serve: (route, content) => route.fulfill({ headers, body: Buffer.from(content) }),
  };
  await context.route('https://huggingface.co/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    const [, listed] = /^\/api\/models\/([^/]+\/[^/]+)/.exec(pathname) ?? [];
    const [, repo = '', path = ''] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(pathname) ?? [];
    const repository = repositories[listed ?? repo];
    if (listed && repository) {
      const siblings = Object.entries(repository).map(describe);
      // A change of a file is a new commit.
      const sha = createHash('sha1').update(JSON.stringify(siblings)).digest('hex');
      return route.fulfill({ headers, json: { sha, siblings } });
    }
    const content = repository?.[decodeURIComponent(path)];
    if (!content) return route.fulfill({ headers, status: 404, body: 'Repository not found' });
    hub.downloads.push(`${repo}/${path}`);
    return hub.serve(route, content);
  });
  return hub;
}
