// Calls to a worker settle, whatever happens to it.
import { proxy } from 'comlink';
import { expect, it, vi } from 'vitest';
import { connect } from './connect.ts';

interface Api {
  add(a: number, b: number): number;
  wait(): Promise<void>;
  report(onDone: () => void): void;
}

/** A worker that answers only `add`, with the sum of its parameters. */
function fakeWorker() {
  const target = new EventTarget();
  return Object.assign(target, {
    terminate: vi.fn(),
    postMessage({ id, path, argumentList }: { id: string; path: string[]; argumentList: { value: number }[] }) {
      if (path[0] !== 'add') return;
      const sum = argumentList.reduce((total, { value }) => total + value, 0);
      queueMicrotask(() =>
        target.dispatchEvent(new MessageEvent('message', { data: { id, type: 'RAW', value: sum } })),
      );
    },
  });
}

it('passes calls and answers', async () => {
  const { api } = connect<Api>(fakeWorker(), 'test');
  expect(await api.add(2, 3)).toBe(5);
  // Not a promise itself.
  expect(await Promise.resolve(api)).toBe(api);
});

it('rejects calls in progress when the worker is closed, and all later calls', async () => {
  const worker = fakeWorker();
  const { api, close } = connect<Api>(worker, 'test');
  const waiting = [api.wait(), api.report(proxy(() => {}))].map((call) =>
    expect(call).rejects.toMatchObject({ tag: 'playground/worker-ended' }),
  );
  close();
  await Promise.all(waiting);
  expect(worker.terminate).toHaveBeenCalled();
  await expect(api.add(1, 1)).rejects.toMatchObject({ tag: 'playground/worker-ended' });
});

it('rejects calls when the script of the worker cannot be loaded, but not after an uncaught exception', async () => {
  const worker = fakeWorker();
  const { api } = connect<Api>(worker, 'test');
  worker.dispatchEvent(Object.assign(new Event('error'), { message: 'an uncaught exception' }));
  expect(await api.add(1, 2)).toBe(3);
  const waiting = expect(api.wait()).rejects.toMatchObject({ tag: 'playground/worker-failed' });
  worker.dispatchEvent(new Event('error'));
  await waiting;
});
