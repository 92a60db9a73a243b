// Models as a page finds them: relative addresses, and the model hub's files in the Cache API.
import { blobSource } from '@medclipseg/weights';
import { hubBlob } from '@medclipseg/weights/hub';
import { openAddress } from './address.ts';
import { isHubError, type PlaceOptions, type Platform } from './place.ts';

/** A relative address begins as a path does; anything else may be a repository. */
export const openLocal: Platform['openLocal'] = async (name, options) =>
  name instanceof URL || /^\.{0,2}\//.test(name)
    ? openAddress(new URL(name, globalThis.location?.href), options)
    : undefined;

const offline = {
  fetch: async () => {
    throw new TypeError('only files at hand were asked for');
  },
  wait: async () => {},
};

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

export const openHubFile: Platform['openHubFile'] = async (repo, path, options) => {
  const fetched = (file: string, { signal, onProgress, revision, localFilesOnly }: PlaceOptions) =>
    hubBlob(
      { repo, path: file, revision },
      {
        signal,
        onProgress: onProgress && (({ loaded, total }) => onProgress({ loaded, total, file })),
        ...(localFilesOnly && offline),
      },
    );
  return {
    name: `${repo}/${path}`,
    origin: `${repo}/${path}`,
    source: blobSource(await fetched(path, options), `${repo}/${path}`),
    async beside(name) {
      const blob = await fetched(`${path.slice(0, path.lastIndexOf('/') + 1)}${name}`, options).catch((error) => {
        if (isHubError(error)) return undefined;
        throw error;
      });
      return blob && bytesOf(blob);
    },
  };
};
