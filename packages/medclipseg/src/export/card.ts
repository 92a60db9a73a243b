// The card next to exported graphs: all that a program needs to compute the same mask, as JSON.
import type { Graph, Precision } from '@medclipseg/onnx';
import { version } from '../../package.json';
import type { ModelConfig } from '../config.ts';
import type { NoiseInput } from '../engine/onnx/graphs.ts';

export const CARD_FORMAT = 'medclipseg-onnx-1';

/** What exported models are for. */
export const NOTICE =
  'For research only. Not a medical device; not for diagnosis or treatment. The license of the weights and of the data they were trained on applies.';

/** An input or output. Names in a shape are sizes that the caller chooses. */
export interface TensorCard {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface GraphDescription {
  readonly file: string;
  /** Files that the graph reads from its own folder. */
  readonly weights: readonly string[];
  readonly inputs: readonly TensorCard[];
  readonly outputs: readonly TensorCard[];
  readonly description: string;
}

export interface ExportCard {
  readonly format: typeof CARD_FORMAT;
  readonly notice: string;
  /** The license of the weights, if the exporter named it. */
  readonly license?: string;
  readonly model: { readonly name: string; readonly writtenBy: string; readonly precision: Precision };
  readonly graphs: { readonly prefix: GraphDescription; readonly sample: GraphDescription };
  /** From an 8-bit RGB image to the input `image`. */
  readonly image: {
    readonly size: number;
    readonly resize: { readonly interpolation: 'bilinear'; readonly description: string };
    /** Order of the channels in the input. */
    readonly channels: 'rgb' | 'bgr';
    /** The input is `(value / scale - mean) / deviation`, per channel in the order of `channels`. */
    readonly scale: 255;
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  };
  /** From a prompt to the input `token_ids`. */
  readonly tokenizer: {
    /** A Hugging Face tokenizer file. */
    readonly file: string;
    readonly kind: 'words' | 'clip' | 'word-piece';
    readonly contextLength: number;
    readonly example: { readonly prompt: string; readonly ids: readonly number[] };
    readonly description: string;
  };
  readonly noise: {
    readonly distribution: 'standard normal';
    /** Each input has the shape [samples · batch, tokens, width], sample by sample. */
    readonly inputs: readonly Pick<NoiseInput, 'name' | 'tokens' | 'width' | 'adapter' | 'direction'>[];
    readonly samples: number;
    readonly description: string;
  };
  /** From the output `probability` to a mask. */
  readonly result: {
    readonly average: 'mean of the probabilities of all samples';
    readonly temperature: 1;
    readonly threshold: 0.5;
    readonly resize: { readonly interpolation: 'bilinear'; readonly description: string };
    readonly uncertainty: string;
  };
}

const INFERRED: Readonly<Record<string, string>> = {
  samples_x_batch: 'samples * batch',
  batch_x_samples: 'samples * batch',
};

const tensors = (graph: Graph) => {
  const described = (
    name: string,
    { type, shape }: { readonly type: string; readonly shape: readonly number[] },
  ): TensorCard => ({
    name,
    type,
    shape: shape.map((size) => {
      const label = graph.dimensions.label(size);
      return INFERRED[label] ?? label;
    }),
  });
  return {
    inputs: graph.inputs.map((value) => described(value.source.kind === 'input' ? value.source.name : '', value)),
    outputs: graph.outputs.map(({ name, value }) => described(name, value)),
  };
};

export interface CardContents {
  readonly name: string;
  readonly license?: string;
  readonly config: ModelConfig;
  readonly precision: Precision;
  readonly prefix: { readonly graph: Graph; readonly file: string; readonly weights: readonly string[] };
  readonly sample: { readonly graph: Graph; readonly file: string; readonly weights: readonly string[] };
  readonly noise: readonly NoiseInput[];
  readonly tokenizer: Pick<ExportCard['tokenizer'], 'file' | 'kind' | 'contextLength' | 'example'>;
}

export function cardOf({ config, ...contents }: CardContents): ExportCard {
  const { channelOrder, mean, deviation } = config.preprocessing;
  const describe = ({ graph, ...files }: CardContents['prefix'], description: string): GraphDescription => ({
    ...files,
    ...tensors(graph),
    description,
  });
  return {
    format: CARD_FORMAT,
    notice: NOTICE,
    ...(contents.license !== undefined && { license: contents.license }),
    model: { name: contents.name, writtenBy: `medclipseg ${version}`, precision: contents.precision },
    graphs: {
      prefix: describe(contents.prefix, 'Run once per image and prompt. Its outputs are inputs of the other graph.'),
      sample: describe(
        contents.sample,
        'Run with fresh noise for each sample, or with the noise of several samples at once: rows are sample by sample, and within a sample image by image.',
      ),
    },
    image: {
      size: config.vision.imageSize,
      resize: {
        interpolation: 'bilinear',
        description:
          'On 8-bit values, to size x size without keeping the aspect ratio and without antialiasing: exactly cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR) of OpenCV. Gray images have three equal channels; alpha is dropped.',
      },
      channels: channelOrder,
      scale: 255,
      mean,
      deviation,
    },
    tokenizer: {
      ...contents.tokenizer,
      description:
        'One row of contextLength ids per prompt, padded; check your tokenizer with the example. Prompts that give more ids do not fit the model.',
    },
    noise: {
      distribution: 'standard normal',
      inputs: contents.noise.map(({ name, tokens, width, adapter, direction }) => ({
        name,
        tokens,
        width,
        adapter,
        direction,
      })),
      samples: 30,
      description:
        'Independent numbers for every sample, image and input. All zero gives the mean network: one sample without Monte-Carlo noise, as --samples 0 of the command.',
    },
    result: {
      average: 'mean of the probabilities of all samples',
      temperature: 1,
      threshold: 0.5,
      resize: {
        interpolation: 'bilinear',
        description:
          'The mean probability, as float32, to the size of the image: cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR). The mask is where it is above the threshold.',
      },
      uncertainty: 'Entropy of the mean probability p in nats: -p ln p - (1 - p) ln (1 - p).',
    },
  };
}
