// How the page is built: from the packages' sources, into a folder that works from any path.
import { defineConfig } from 'vite';
import { contentSecurityPolicy } from './build/content-security-policy.ts';
import { offline } from './build/offline.ts';
import { threads } from './build/threads.ts';

export default defineConfig({
  base: './',
  resolve: { conditions: ['@medclipseg/source', 'module', 'browser', 'import', 'default'] },
  // Nothing becomes a data: address, which the content security policy forbids.
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es', plugins: () => [threads()] },
  plugins: [contentSecurityPolicy(), offline(), threads()],
});
