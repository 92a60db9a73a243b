// Internals that the other packages of this repository share. Not stable: they change without notice.
export { foldSamples, someTokens } from './cross-attention.ts';
export { crossAttentionKeys, pvlAdapterKeys, twoWayKeys } from './keys.ts';
