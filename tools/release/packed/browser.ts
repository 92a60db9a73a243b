// Opens a page that a doc page has its reader build.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
};

/** Serves a folder on 127.0.0.1 as any web server would, without headers of its own. */
async function serve(folder: string) {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = path.endsWith('/') ? join(path, 'index.html') : path;
    // Chromium asks for it by itself.
    if (path.endsWith('/favicon.ico')) response.writeHead(204).end();
    else if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) response.writeHead(404).end();
    else {
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
      createReadStream(file).pipe(response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

/** What a page logs, until it has logged `count` lines or fails. @throws Error with what went wrong in the page */
export async function logOfPage(folder: string, count: number): Promise<string[]> {
  const server = await serve(folder);
  const executablePath = process.env.MEDCLIPSEG_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const lines: string[] = [];
    const logged = new Promise<void>((resolve, reject) => {
      page.on('pageerror', reject);
      page.on('console', (message) => {
        if (message.type() === 'error') reject(new Error(message.text()));
        else if (message.type() === 'log' && lines.push(message.text()) === count) resolve();
      });
    });
    await Promise.all([page.goto(server.address), logged]);
    return lines;
  } finally {
    await browser.close();
    server.close();
  }
}
