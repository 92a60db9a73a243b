// The model hub, in the browser; `hub/node` keeps files where Python's tools keep them.
export { HUB, HubError, type HubFile } from './address.ts';
export { forgetHubBlob, hubBlob } from './browser-cache.ts';
export { type HubListing, type HubOptions, type HubProgress, hubFiles } from './describe.ts';
