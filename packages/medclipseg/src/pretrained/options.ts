// How a model is opened by its name.
import type { BackendName, SelectOptions } from '@medclipseg/backends';
import type { LoadOptions } from './load.ts';

export interface PretrainedOptions extends LoadOptions, SelectOptions {
  /** Backend to make the current one before; without it the backend stays as it is. */
  readonly device?: BackendName | 'auto';
}
