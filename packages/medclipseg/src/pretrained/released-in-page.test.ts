// Released checkpoints on the model hub, with the cache of a page.

import { memoryCaches } from '@medclipseg/testing/hub';
import { vi } from 'vitest';
import { releasedSuite } from '../fixtures/released-suite.ts';

vi.mock('#platform', () => import('./platform-browser.ts'));

const { fetch: realFetch } = globalThis;

releasedSuite('released checkpoints in a page', async (hub) => {
  vi.stubGlobal('caches', memoryCaches());
  vi.stubGlobal('fetch', (url: string | URL, init?: RequestInit) =>
    realFetch(String(url).replace('https://huggingface.co', hub.url), init),
  );
  return {};
});
