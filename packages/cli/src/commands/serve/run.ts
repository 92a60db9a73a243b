// medclipseg serve: opens the model, listens, and stops in order.
import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { basename, resolve } from 'node:path';
import { MAXIMUM_PIXELS } from '@medclipseg/datasets';
import { type BackendFlag, decimal, type ModelFlags, wholeNumber } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { openModel, useBackend } from '../../open-model.ts';
import { type Access, isLoopback } from './access.ts';
import { createServer } from './server.ts';

export interface ServeOptions extends ModelFlags, BackendFlag {
  readonly model: string;
  readonly host: string;
  readonly port: string;
  readonly tokenFile?: string;
  readonly allowOrigin: readonly string[];
  readonly allowHost: readonly string[];
  readonly queue: string;
  readonly maxBody: string;
  readonly maxPixels: string;
  readonly maxSamples: string;
  readonly timeout: string;
  readonly grace: string;
  readonly quiet?: boolean;
}

const MEBIBYTE = 2 ** 20;
const SHORTEST_TOKEN = 16;

/** The token of a file or of the environment. Messages never contain it. */
async function tokenOf(file: string | undefined): Promise<string | undefined> {
  const source = file === undefined ? 'MEDCLIPSEG_TOKEN' : '--token-file';
  const text =
    file === undefined
      ? process.env.MEDCLIPSEG_TOKEN
      : await readFile(file, 'utf8').catch(() => {
          throw new UsageError(source, 'a file with a token', 'one that cannot be read', 'Check its path.');
        });
  if (text === undefined) return undefined;
  const token = text.trim();
  if (token.length < SHORTEST_TOKEN || !/^[\x21-\x7e]+$/.test(token))
    throw new UsageError(
      source,
      `a token of at least ${SHORTEST_TOKEN} letters, digits or signs, without spaces`,
      'another text',
      'Make one, for example with: openssl rand -hex 32.',
    );
  return token;
}

/** An origin as browsers send it. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && (url.origin === text || `${url.origin}/` === text)) return url.origin;
  throw new UsageError('--allow-origin', 'an origin such as https://viewer.example', `'${text}'`, 'Correct it.');
}

function seconds(flag: string, text: string, least: number): number {
  const value = decimal(text) ?? Number.NaN;
  if (value >= least && value <= 3600) return 1000 * value;
  throw new UsageError(flag, `seconds from ${least} to 3600`, `'${text}'`, 'Correct the number.');
}

/** The address to listen at, and who may ask. */
async function accessOf(options: ServeOptions): Promise<{ readonly address: string; readonly access: Access }> {
  const { host, allowHost } = options;
  const { address } = await lookup(host).catch(() => {
    throw new UsageError('--host', 'an address of this machine', `'${host}'`, 'Give for example 127.0.0.1 or 0.0.0.0.');
  });
  const token = await tokenOf(options.tokenFile);
  const isPrivate = isLoopback(address);
  if (!isPrivate && token === undefined)
    throw new UsageError(
      '--host',
      'a token, since other machines reach this address',
      'none',
      'Give --token-file or set MEDCLIPSEG_TOKEN; put a proxy with TLS in front.',
    );
  const names = [
    ...(isPrivate ? ['localhost', host.toLowerCase()] : []),
    ...allowHost.map((name) => name.toLowerCase()),
  ];
  return {
    address,
    access: {
      token,
      // With a token, a name that someone else made resolve here is of no use to them.
      hosts: isPrivate || allowHost.length > 0 ? names : undefined,
      origins: options.allowOrigin.map(originOf),
    },
  };
}

/** The name of a model for clients: no path of this machine, no address with its parameters. */
function publicName(model: string): string {
  if (existsSync(model)) return basename(resolve(model));
  return URL.canParse(model) ? basename(new URL(model).pathname) : model;
}

/** Resolves once the process is asked to stop. */
async function stopAsked(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = () => {
      process.off('SIGTERM', stop);
      signal.removeEventListener('abort', stop);
      resolve();
    };
    process.once('SIGTERM', stop);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
}

export async function serve(options: ServeOptions, signal: AbortSignal): Promise<void> {
  const port = wholeNumber('--port', options.port, 0, 65535);
  const limits = {
    bytes: wholeNumber('--max-body', options.maxBody, 1, 1024) * MEBIBYTE,
    pixels: wholeNumber('--max-pixels', options.maxPixels, 1, MAXIMUM_PIXELS),
    samples: wholeNumber('--max-samples', options.maxSamples, 0, 100_000),
  };
  const queue = wholeNumber('--queue', options.queue, 0, 10_000);
  const patience = seconds('--timeout', options.timeout, 0.1);
  const grace = seconds('--grace', options.grace, 0);
  const { address, access } = await accessOf(options);
  const backend = await useBackend(options);
  const model = await openModel(options.model, options, signal);
  const { info } = model;
  const name = publicName(options.model);
  const log = options.quiet ? undefined : (line: string) => void process.stderr.write(line);
  try {
    const server = createServer({ model, info, name, backend }, { access, limits, queue, patience, log });
    await server.app.listen({ host: address, port }).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(
        '--port',
        `a free port at ${address}`,
        `${port} (${error.code ?? error.message})`,
        'Give another one, or 0 for any.',
      );
    });
    const at = server.app.server.address() as AddressInfo;
    process.stdout.write(`http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}\n`);
    await stopAsked(signal);
    await server.stop(grace);
  } finally {
    await model.dispose();
  }
}
