// The model hub in a browser, with files in the Cache API. `hub/node` keeps them where Python's tools do.
export { HUB, HubError, type HubFile, type HubRepository } from './address.ts';
export { forgetHubBlob, hubBlob, listHubFiles } from './browser-cache.ts';
export type { HubEntry, HubListing, HubOptions } from './describe.ts';
