// For other packages of this repository; not stable.
export type { WeightLayout } from './keys/layouts.ts';
export { type FoundEncoders, findEncoders } from './open.ts';
export { type EncoderConfigs, encoderConfigs } from './sizes.ts';
export { type TokenRows, tokenRows } from './token-batch.ts';
export { embedWithStem, type StemMap, stemMapsOf } from './vision.ts';
