// A model ready to segment: an image of any size and a sentence in, maps at the image's own size out.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { normalisePixels, type RasterImage, resizeLinear } from '@medclipseg/datasets';
import { disposeParameters } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type Estimate, type MonteCarloOptions, monteCarlo } from './monte-carlo.ts';
import type { Network } from './network.ts';
import { resizeMap } from './resize-map.ts';
import { tokenBatch } from './tokens.ts';

export interface SegmentOptions extends Omit<MonteCarloOptions, 'onSample'> {
  /** Key of the image's noise; the same key and seed give the same result. */
  readonly name?: string;
  /** Sees the running result after each group of samples. */
  readonly onSample?: (done: number, result: Segmentation) => void;
}

/** Maps at the image's own size, row-major. */
export interface Segmentation {
  readonly width: number;
  readonly height: number;
  /** 1 where the probability is above one half. */
  readonly mask: Uint8Array;
  readonly probability: Float32Array;
  /** Entropy of the mean probability in nats, 0 to ln 2. */
  readonly uncertainty: Float32Array;
  /** Monte-Carlo samples behind it. */
  readonly samples: number;
  /** The same at the model's own resolution. */
  readonly estimate: Estimate;
}

/** Owns a network's parameters. */
export class MedCLIPSeg {
  readonly #network: Network;
  readonly #tokenizer: Pick<Tokenizer, 'encode'>;

  constructor(network: Network, tokenizer: Pick<Tokenizer, 'encode'>) {
    this.#network = network;
    this.#tokenizer = tokenizer;
  }

  /** Segments what the sentence tells of. @param image RGB pixels */
  async segment(image: RasterImage, sentence: string, options: SegmentOptions = {}): Promise<Segmentation> {
    const { name = 'image', onSample, ...rest } = options;
    const { vision, preprocessing } = this.#network.config;
    const size = vision.imageSize;
    const ids = this.#tokenizer.encode(sentence);
    const pixels = new Float32Array(size * size * 3);
    normalisePixels(resizeLinear(image, size, size), preprocessing, pixels);
    const input = tf.tensor4d(pixels, [1, size, size, 3]);
    const sentences = tokenBatch([ids]);
    try {
      const [estimate] = await monteCarlo(this.#network, input, sentences, [name], {
        ...rest,
        onSample: onSample && ((done, estimateOf) => onSample(done, restore(estimateOf(0), size, image))),
      });
      return restore(estimate as Estimate, size, image);
    } finally {
      tf.dispose([input, sentences.ids]);
    }
  }

  dispose(): void {
    disposeParameters(this.#network.parameters as never);
  }
}

/** Back to the image's size: probabilities are interpolated, then thresholded. */
function restore(estimate: Estimate, size: number, { width, height }: RasterImage): Segmentation {
  const probability = resizeMap(estimate.probability, size, size, width, height);
  return {
    width,
    height,
    mask: Uint8Array.from(probability, (p) => (p > 0.5 ? 1 : 0)),
    probability,
    uncertainty: resizeMap(estimate.uncertainty, size, size, width, height),
    samples: estimate.samples,
    estimate,
  };
}
