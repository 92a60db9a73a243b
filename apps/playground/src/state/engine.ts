// The engine worker: one at a time, replaced when its graphics device is lost or the user chooses another device.
import { signal } from '@preact/signals';
import type { Remote } from 'comlink';
import { type Connection, connectEngine } from '../worker/connect.ts';
import type { Device, DevicePreference, EngineApi } from '../worker/protocol.ts';

export type Engine = Remote<EngineApi>;

export const devicePreference = signal<DevicePreference>('auto');
/** The device in use; undefined while it is being selected. */
export const device = signal<Device | undefined>(undefined);
/** Number of engines started. Everything that an earlier engine held is gone. */
export const generation = signal(0);

let current: { readonly connection: Connection<EngineApi>; readonly ready: Promise<Engine> } | undefined;

function start(preference: DevicePreference, reason?: Device['reason']): Promise<Engine> {
  const connection = connectEngine();
  const ready = connection.api.start(preference).then((started) => {
    device.value = reason ? { ...started, reason } : started;
    return connection.api;
  });
  current = { connection, ready };
  generation.value += 1;
  return ready;
}

/** The engine, with its device selected. */
export const engine = (): Promise<Engine> => current?.ready ?? start(devicePreference.value);

/** Ends the engine, with everything it holds, and starts another. @param reason shown instead of the engine's own */
export function replaceEngine(preference: DevicePreference, reason?: Device['reason']): Promise<Engine> {
  current?.connection.close();
  device.value = undefined;
  return start(preference, reason);
}
