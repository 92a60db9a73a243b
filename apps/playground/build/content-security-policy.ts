// The content security policy of the built page, and the response headers for hosts that can set some.
import type { Plugin } from 'vite';

/** The model hub and the hosts that serve its large files. */
const HUB = ['https://huggingface.co', 'https://*.huggingface.co', 'https://*.hf.co'];

const DIRECTIVES: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'none'"],
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'blob:'],
  'connect-src': ["'self'", ...HUB],
  'worker-src': ["'self'"],
  'manifest-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
};

const written = (directives: typeof DIRECTIVES): string =>
  Object.entries(directives)
    .map(([name, values]) => [name, ...values].join(' '))
    .join('; ');

/** Headers also hold for workers, whose threads run from blobs of the page's own code. */
export const HEADERS = {
  'Content-Security-Policy': written({
    ...DIRECTIVES,
    'script-src': [...(DIRECTIVES['script-src'] ?? []), 'blob:'],
    'worker-src': [...(DIRECTIVES['worker-src'] ?? []), 'blob:'],
    'frame-ancestors': ["'self'"],
  }),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

const lines = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`);

/** The form of Netlify and Cloudflare Pages. */
const HEADERS_FILE = [
  '/*',
  ...lines(HEADERS),
  '/assets/*',
  ...lines({ 'Cache-Control': 'public, max-age=31536000, immutable' }),
  '',
].join('\n');

/** The development server needs inline scripts, so it has no policy. */
export const contentSecurityPolicy = (): Plugin => ({
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: written(DIRECTIVES) },
      injectTo: 'head-prepend',
    },
  ],
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: '_headers', source: HEADERS_FILE });
  },
});
