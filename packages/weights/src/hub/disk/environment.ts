// The environment variables of Python's huggingface_hub.
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface HubEnvironment {
  /** Folder of the cache. */
  readonly cache: string;
  /** Uses only files in the cache. */
  readonly offline: boolean;
  readonly endpoint?: string;
  readonly token?: string;
}

/** Reads the environment; an empty variable counts as missing. */
export function hubEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): HubEnvironment {
  const home = variables.HF_HOME || join(variables.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return {
    cache: variables.HF_HUB_CACHE || variables.HUGGINGFACE_HUB_CACHE || join(home, 'hub'),
    offline: /^(1|on|yes|true)$/i.test(variables.HF_HUB_OFFLINE ?? ''),
    endpoint: variables.HF_ENDPOINT || undefined,
    token: variables.HF_TOKEN || undefined,
  };
}
