// The model hub, with files kept where Python's tools keep them.
export { HUB, HubError, type HubFile } from './address.ts';
export type { HubOptions, HubProgress } from './describe.ts';
export { type HubFileOptions, hubFile } from './disk/download.ts';
export { type HubEnvironment, hubEnvironment } from './disk/environment.ts';
