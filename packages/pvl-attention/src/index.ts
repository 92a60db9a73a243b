// Probabilistic vision-language attention, for any model with image tokens and text tokens.
import { initialize } from '@medclipseg/nn';
import { type PvlAdapterConfig, type PvlAdapterParameters, pvlAdapterSpec } from './adapter.ts';

export {
  type PvlAdapterConfig,
  type PvlAdapterParameters,
  type PvlOptions,
  pvlAdapter,
  pvlAdapterSpec,
  type TwoWayParameters,
  twoWay,
  twoWaySpec,
} from './adapter.ts';
export {
  type CrossAttentionOptions,
  type CrossAttentionParameters,
  crossAttentionSpec,
  DEFAULT_BETA,
  foldSamples,
  probabilisticCrossAttention,
} from './cross-attention.ts';
export { crossAttentionKeys, pvlAdapterKeys, twoWayKeys } from './keys.ts';

/** A new adapter, initialized as PyTorch initializes the reference's. */
export const initPvlAdapter = (config: PvlAdapterConfig, seed = 0): PvlAdapterParameters =>
  initialize(pvlAdapterSpec(config), seed);
