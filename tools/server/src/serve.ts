// Starts `medclipseg serve` with mini on a free port.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const main = new URL('../../../packages/cli/src/main.ts', import.meta.url).pathname;

export interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  /** Asks it to stop; resolves with its exit code. */
  readonly stop: () => Promise<number>;
}

export async function startServer(...flags: readonly string[]): Promise<Served> {
  const command = ['serve', '--backend', 'wasm', '--port', '0', '--quiet', ...flags];
  const child = spawn(process.execPath, ['--conditions=@medclipseg/source', '--import', 'tsx', main, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const failed = exit.then(([code]) => {
    throw new Error(`medclipseg serve: expected an address, got exit code ${code}.`);
  });
  const [line] = (await Promise.race([once(child.stdout, 'data'), failed])) as [Buffer];
  failed.catch(() => {});
  return {
    url: line.toString().trim(),
    child,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exit;
      return code as number;
    },
  };
}
