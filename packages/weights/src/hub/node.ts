// The model hub in Node, with files in the cache shared with Python's tools.
export { HUB, HubError, type HubFile, type HubRepository } from './address.ts';
export type { HubEntry, HubListing, HubOptions } from './describe.ts';
export { type HubEnvironment, type HubFileOptions, hubEnvironment, hubFile, listHubFiles } from './disk/cache.ts';
