// The docs site: every page of docs/ and every README, with the same links as in the repository.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { decisionPages, left, packagePages, ROOT, resolveLink, rewrites } from './pages.ts';

const { homepage } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { homepage: string };
const repository = homepage.replace(/#.*/, '');

const icon = readFileSync(join(ROOT, 'apps/playground/public/icon.svg'), 'utf8');

const sources = new Set(Object.values(rewrites));

const section = (text: string, pages: Readonly<Record<string, string>>) => ({
  text,
  items: Object.entries(pages).map(([text, link]) => {
    if (!sources.has(`${link.slice(1)}.md`)) throw new Error(`sidebar: expected the page ${link}, got none`);
    return { text, link };
  }),
});

export default defineConfig({
  title: 'MedCLIPSeg',
  description: 'Text-driven segmentation of medical images with uncertainty, in TypeScript',
  // The site works from any path of a host: DOCS_BASE is that path.
  base: process.env.DOCS_BASE ?? '/',
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  srcDir: '..',
  srcExclude: ['**/{node_modules,dist,.venv,.nx}/**', ...left],
  rewrites: { ...rewrites },
  cleanUrls: true,
  markdown: {
    codeTransformers: [
      {
        name: 'options',
        // An option of a command is not divided at its hyphens where the command wraps.
        span(node) {
          const [text] = node.children;
          if (this.options.lang === 'sh' && text?.type === 'text' && /^\s*-/.test(text.value))
            this.addClassToHast(node, 'option');
        },
      },
    ],
    config: (md) => {
      md.core.ruler.push('repository-links', ({ tokens, env }) => {
        const from = Object.keys(rewrites).find(
          (path) => rewrites[path] === env.relativePath || path === env.relativePath,
        );
        if (!from) return;
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const link = token.type === 'link_open' && token.attrGet('href');
          if (link) token.attrSet('href', resolveLink(from, link, repository));
        }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
    nav: [
      { text: 'Start', link: '/start-node' },
      { text: 'Packages', link: '/packages/medclipseg' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      section('Start', {
        'In Node': '/start-node',
        'In the browser': '/start-browser',
        'From Python checkpoints': '/python-checkpoints',
        'Coming from Python or transformers.js': '/coming-from',
      }),
      section('Train', {
        'Your own images': '/own-data',
        Training: '/training',
        Datasets: '/datasets',
      }),
      section('Use', {
        'Uncertainty and quality figures': '/uncertainty',
        'Folders, jobs and volumes': '/folders',
        Files: '/files',
        'The server': '/server',
        Devices: '/backends',
        ONNX: '/onnx',
      }),
      section('Parts in your own model', {
        'PVL attention': '/pvl-attention',
        'Soft contrastive loss': '/contrastive-loss',
      }),
      { text: 'Packages', collapsed: true, items: packagePages },
      { text: 'Decisions', collapsed: true, items: decisionPages },
      section('Experiments', {
        'The published experiments': '/experiments',
        'The experiments on Kvasir': '/kvasir',
        'Many machines': '/scale',
        Parity: '/parity',
      }),
      section('The project', {
        Benchmarks: '/benchmarks',
        'The playground': '/playground',
        'Hosting the playground': '/hosting',
        Architecture: '/architecture',
        State: '/state',
        Contributing: '/contributing',
      }),
    ],
  },
});
