// The tfjs floor: layers with right gradients, named parameters, noise, the optimizer.
export { type ActivationName, activations, gelu, quickGelu, softplus } from './activations.ts';
export { Adam, type AdamOptions, type AdamState } from './adam.ts';
export {
  type AttentionOptions,
  type AttentionParameters,
  attentionSpec,
  causalMask,
  dotProductAttention,
  keyMask,
  selfAttention,
} from './attention.ts';
export { type ConvolutionParameters, convolution, convolutionSpec } from './convolution.ts';
export { type DepthwiseParameters, depthwise, depthwiseSpec } from './depthwise.ts';
export { constant, differentiable, isConstant, notConstant } from './differentiable.ts';
export { counterDropout, type Dropout, dropped } from './dropout.ts';
export { embedding } from './embedding.ts';
export { NnError, ParameterError, ShapeError } from './errors.ts';
export { registerGradients } from './gradients.ts';
export { layerNorm, type NormParameters, normSpec } from './layer-norm.ts';
export { type LinearParameters, linear, linearSpec } from './linear.ts';
export { nextTask } from './next-task.ts';
export { counterNoise, type Noise, type NoiseRow, noNoise, replayedNoise } from './noise.ts';
export { l2Normalize } from './normalize.ts';
export {
  assemble,
  constantInit,
  countParameters,
  disposeParameters,
  flatten,
  freeze,
  type Initializer,
  initialize,
  loadParameters,
  mapParameters,
  normal,
  type ParameterSpec,
  type ParametersOf,
  type ParameterValue,
  shapesOf,
  type Tree,
  type TreeOf,
  trainable,
  uniform,
  variablesOf,
} from './parameters.ts';
export { patchEmbedding, type UpConvolutionParameters, upConvolution, upConvolutionSpec } from './patches.ts';
export { keyOf, permutation, type RandomKey, randomNormal, randomUniform } from './random.ts';
export { type Chain, type Passed, recomputedGradients, type Segment } from './recompute.ts';
export { resizeBilinear } from './resize.ts';
export { cosineAnnealing } from './schedule.ts';
export { clipByGlobalNorm, valueAndGradients } from './value-and-gradients.ts';
