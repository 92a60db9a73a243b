// Layers with correct gradients on every backend, named parameters, random numbers, the optimizer.
export { type ActivationName, activations, gelu, quickGelu, softplus } from './activations.ts';
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
export { constant, differentiable } from './differentiable.ts';
export { counterDropout, type Dropout } from './dropout.ts';
export { embedding } from './embedding.ts';
export { isNnError, NnError, OptionError, ParameterError, ShapeError } from './errors.ts';
export { registerGradients } from './gradients.ts';
export { type LinearParameters, linear, linearSpec } from './linear.ts';
export { counterNoise, type Noise, type NoiseRow, noNoise } from './noise.ts';
export { l2Normalize, layerNorm, type NormParameters, normSpec } from './normalization.ts';
export { Adam, type AdamOptions, type AdamState, cosineAnnealing } from './optimizer.ts';
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
export { keyOf, type RandomKey, randomNormal, randomUniform } from './random.ts';
export { recomputedGradients, type Segment, type SegmentedFunction, type SegmentTensors } from './recompute.ts';
export { resizeBilinear } from './resize.ts';
export { clipByGlobalNorm, valueAndGradients } from './value-and-gradients.ts';
