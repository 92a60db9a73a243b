// Probabilistic vision-language attention, for any model with image tokens and text tokens.
export {
  initPvlAdapter,
  PVL_PARTS,
  type PvlAdapterConfig,
  type PvlAdapterParameters,
  type PvlOptions,
  type PvlPart,
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
  probabilisticCrossAttention,
} from './cross-attention.ts';
export { isPvlAttentionError, PvlAttentionError } from './errors.ts';
