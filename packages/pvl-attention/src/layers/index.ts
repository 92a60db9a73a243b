// Probabilistic attention for models built with tf.layers. Importing this registers the classes, so that saved models load.
import * as tf from '@tensorflow/tfjs-core';
import { PvlAdapter } from './adapter.ts';
import { ProbabilisticCrossAttention } from './cross-attention.ts';

tf.serialization.registerClass(ProbabilisticCrossAttention, 'medclipseg');
tf.serialization.registerClass(PvlAdapter, 'medclipseg');

export { PvlAdapter, type PvlAdapterArgs } from './adapter.ts';
export { ProbabilisticCrossAttention, type ProbabilisticCrossAttentionArgs } from './cross-attention.ts';
export type { ProbabilisticLayerArgs, Sampling } from './probabilistic-layer.ts';
