// The model hub, in the browser; `hub/node` keeps files where Python's tools keep them.
export { HUB, HubError, type HubFile } from './address.ts';
export { hubBlob } from './browser-cache.ts';
export type { HubOptions, HubProgress } from './describe.ts';
