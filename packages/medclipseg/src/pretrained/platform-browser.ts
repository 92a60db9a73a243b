// Models in a page: relative addresses, and the model hub with its files in the Cache API.
import { blobSource } from '@medclipseg/weights';
import { DeviceError } from '../errors.ts';
import { openAddress, type PlaceOptions, type Platform, siblingOf } from './place.ts';

/** A relative address begins as a path does; anything else may be a repository. */
export const openLocal: Platform['openLocal'] = async (name, options) =>
  name instanceof URL || /^\.{0,2}\//.test(name)
    ? openAddress(new URL(name, globalThis.location?.href), options)
    : undefined;

/** Pages that open models by address never download the code of the hub. */
const hub = () => import('@medclipseg/weights/hub');

const hubOptions = ({ signal, localFilesOnly }: PlaceOptions) => ({ signal, ...(localFilesOnly && { offline: true }) });

export const listHub: Platform['listHub'] = async (repo, options) =>
  (await (await hub()).listHubFiles({ repo, revision: options.revision }, hubOptions(options))).files.map(
    ({ path }) => path,
  );

export const openHubFile: Platform['openHubFile'] = async (repo, path, siblings, options) => {
  const { hubBlob } = await hub();
  const fetched = (file: string) => {
    const { revision, onProgress } = options;
    return hubBlob({ repo, path: file, revision }, { ...hubOptions(options), onProgress });
  };
  const name = `${repo}/${path}`;
  return {
    name,
    origin: name,
    source: blobSource(await fetched(path), name),
    async readSibling(other) {
      const sibling = siblingOf(path, other);
      return siblings.includes(sibling) ? new Uint8Array(await (await fetched(sibling)).arrayBuffer()) : undefined;
    },
  };
};

export const loadOnnx: Platform['loadOnnx'] = async () => {
  throw new DeviceError('onnx', 'Node', 'a browser', 'Use webgpu or wasm here.');
};
