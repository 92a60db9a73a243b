// Gives the service worker the list of built files.
import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

const WORKER = 'service-worker.js';
const MARK = '__BUILT_FILES__';

// The engine keeps the weights of the built-in model itself, so that the first visit downloads them once.

/** Files of `public/`, which are copied without being bundled. */
const COPIED = [
  'icon.svg',
  'manifest.webmanifest',
  'example-image.webp',
  'example-mask.webp',
  'example-uncertainty.webp',
];

export const offline = (): Plugin => ({
  name: 'offline',
  apply: 'build',
  buildStart() {
    this.emitFile({ type: 'chunk', id: 'src/service-worker.ts', fileName: WORKER });
  },
  // Runs after the page and its workers are in the bundle.
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const worker = bundle[WORKER];
      if (worker?.type !== 'chunk') this.error('the service worker is missing from the bundle');
      const files = [
        ...Object.keys(bundle).filter((name) => name !== WORKER && !/(\.(map|safetensors)|_headers)$/.test(name)),
        ...COPIED,
      ].sort();
      const hash = createHash('sha256');
      for (const name of files) {
        const part = bundle[name];
        if (part) hash.update(name).update(part.type === 'chunk' ? part.code : part.source);
      }
      const built = {
        version: hash.digest('hex').slice(0, 16),
        files: ['./', ...files.filter((f) => f !== 'index.html')],
      };
      worker.code = worker.code.replace(MARK, JSON.stringify(built));
    },
  },
});
