// The engine's worker: one at a time, replaced when its graphics device is lost or the person chooses another way to compute.
import { signal } from '@preact/signals';
import type { Remote } from 'comlink';
import { type Connection, connectEngine } from '../worker/connect.ts';
import type { Compute, EngineApi, Machine } from '../worker/protocol.ts';

export type Engine = Remote<EngineApi>;

export const compute = signal<Compute>('auto');
/** What computes; undefined while that is being found out. */
export const machine = signal<Machine | undefined>(undefined);
/** Counts engines: what was loaded into an earlier one is gone. */
export const generation = signal(0);

let current: { readonly connection: Connection<EngineApi>; readonly ready: Promise<Engine> } | undefined;

function start(how: Compute, reason?: Machine['reason']): Promise<Engine> {
  const connection = connectEngine();
  const ready = connection.api.start(how).then((started) => {
    machine.value = reason ? { ...started, reason } : started;
    return connection.api;
  });
  current = { connection, ready };
  generation.value += 1;
  return ready;
}

/** The engine, started. */
export const engine = (): Promise<Engine> => current?.ready ?? start(compute.value);

/** A fresh engine; everything in the old one is thrown away. @param reason said instead of the engine's own */
export function replaceEngine(how: Compute, reason?: Machine['reason']): Promise<Engine> {
  current?.connection.close();
  machine.value = undefined;
  return start(how, reason);
}
