// Writes a model as two ONNX graphs, its tokenizer and a card into a folder.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flatten } from '@medclipseg/nn';
import {
  type EncodedModel,
  encodeOnnx,
  type Graph,
  type Precision,
  type StoredRange,
  type WeightPlacement,
} from '@medclipseg/onnx';
import { openTensorFile } from '@medclipseg/weights/node';
import { prefixGraph, sampleGraph } from '../engine/onnx/graphs.ts';
import { ArgumentError } from '../errors.ts';
import type { MedCLIPSeg } from '../model.ts';
import type { Network } from '../network.ts';
import { cardOf, type ExportCard } from './card.ts';
import { replaceFolder } from './folder.ts';
import { hubTokenizer } from './hub-tokenizer.ts';

export interface ExportOptions {
  /**
   * `float32` (default); `float16`: weights take half the space, computation is in float32; `int8`: matrix products with 8-bit integers,
   * faster on CPUs with such instructions, and less exact.
   */
  readonly precision?: Precision;
  /**
   * Where the weights go. `inline`: into the graphs; `external`: into a file next to each graph; `checkpoint`: nowhere, the graphs refer to a
   * copy of the unchanged checkpoint, which must be a whole one of this project. Default: inline, or external if they exceed 2 GB.
   */
  readonly weights?: 'inline' | 'external' | 'checkpoint';
  /** Name in the card. Default: that of the model's file. */
  readonly name?: string;
  /** License of the weights, for the card. */
  readonly license?: string;
  readonly signal?: AbortSignal;
  /** Bytes written so far; the total is known but for the graphs' own nodes. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ExportedModel {
  readonly folder: string;
  readonly card: ExportCard;
  readonly files: readonly string[];
}

const PRECISIONS: readonly string[] = ['float32', 'float16', 'int8'] satisfies Precision[];
const PLACEMENTS = ['inline', 'external', 'checkpoint'];
/** Protocol buffers end at 2 GB; the nodes of a graph take less than 16 MB. */
const MOST_INLINE = 2 ** 31 - 2 ** 24;
const EXAMPLE = 'one small polyp in the upper left';

function checkChoice(subject: string, value: string | undefined, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value))
    throw new ArgumentError(subject, choices.join(', '), `'${value}'`, 'Choose one of them.');
}

const pathOf = (name: string): string => (name.startsWith('file:') ? fileURLToPath(name) : name);

/** Bytes of weights in a graph. */
function sizeOf(graph: Graph, precision: Precision): number {
  const seen = new Set<unknown>();
  let size = 0;
  for (const { inputs } of graph.nodes())
    for (const value of inputs) {
      if (value.source.kind !== 'parameter' || seen.has(value)) continue;
      seen.add(value);
      // Some stay in float32 whatever the precision.
      size += value.shape.reduce((n, side) => n * side, 1) * (precision === 'float32' ? 4 : 2);
    }
  return size;
}

/** The checkpoint of a model, and where its parameters are in it. */
async function checkpointOf(
  model: MedCLIPSeg,
  network: Network,
): Promise<{ path: string; placement: WeightPlacement }> {
  const path = pathOf(model.info?.path ?? '');
  const refuse = (actual: string): never => {
    throw new ArgumentError(
      "weights 'checkpoint'",
      'a model opened from a safetensors file that holds all of its weights',
      actual,
      'Choose inline or external.',
    );
  };
  if (model.info?.format !== 'medclipseg' || !(await stat(path).catch(() => undefined))?.isFile())
    return refuse(path || 'a model without a file');
  const file = await openTensorFile(path);
  try {
    const tensors = new Map<string, StoredRange>();
    for (const name of flatten(network.parameters).keys()) {
      const { dtype, range } = file.tensors.get(`model.${name}`) ?? {};
      if (!range || (dtype !== 'F32' && dtype !== 'F16'))
        return refuse(`${path}, where '${name}' is ${dtype ?? 'missing'}`);
      tensors.set(name, { dtype, ...range });
    }
    return { path, placement: { kind: 'stored', file: basename(path), tensors } };
  } finally {
    await file.close();
  }
}

async function* piecesOf({ model, data }: EncodedModel, part: 'model' | 'data'): AsyncGenerator<Uint8Array> {
  if (part === 'model') yield model;
  else yield* data();
}

const text = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);

/**
 * Writes a model into a folder: `prefix.onnx` and `sample.onnx` with their weights, `tokenizer.json`, and `card.json`, which says how to compute
 * a mask with them. The folder appears complete or not at all; one that holds anything but an earlier export is refused.
 *
 * @throws {ArgumentError} for options that do not fit the model
 * @throws {ExportError} if the folder is in use for something else, or cannot be written
 * @example
 * const { card } = await exportOnnx(model, 'mini-onnx', { precision: 'float16' });
 * card.graphs.sample.outputs; // [{ name: 'probability', type: 'float32', shape: ['samples * batch', 128, 128] }]
 */
export async function exportOnnx(
  model: MedCLIPSeg,
  folder: string,
  { precision = 'float32', weights, name, license, signal, onProgress }: ExportOptions = {},
): Promise<ExportedModel> {
  checkChoice('precision', precision, PRECISIONS);
  checkChoice('weights', weights, PLACEMENTS);
  const { network, tokenizer } = model;
  const prefix = prefixGraph(network);
  const { graph: sampling, noise } = sampleGraph(network, prefix);
  const stored = weights === 'checkpoint' ? await checkpointOf(model, network) : undefined;
  const graphs = { prefix: prefix.graph, sample: sampling };
  const sizes = Object.values(graphs).map((graph) => sizeOf(graph, precision));
  const copied = stored ? (await stat(stored.path)).size : 0;
  const total = copied || sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  const advance = (bytes: number) => {
    done = Math.min(total, done + bytes);
    onProgress?.(done, total);
  };
  const placementOf = (graph: keyof typeof graphs): WeightPlacement => {
    if (stored) return stored.placement;
    const external = weights === 'external' || (weights === undefined && sizes.some((size) => size > MOST_INLINE));
    return external ? { kind: 'external', file: `${graph}.data` } : { kind: 'inline' };
  };
  const weightsOf = (graph: keyof typeof graphs): string[] => {
    const placement = placementOf(graph);
    return placement.kind === 'inline' ? [] : [placement.file];
  };
  const kind = tokenizer.toJson();
  const card = cardOf({
    name: name ?? basename(pathOf(model.info?.path ?? 'model')).replace(/\.[^.]*$/, ''),
    license,
    config: network.config,
    precision,
    prefix: { graph: graphs.prefix, file: 'prefix.onnx', weights: weightsOf('prefix') },
    sample: { graph: graphs.sample, file: 'sample.onnx', weights: weightsOf('sample') },
    noise,
    tokenizer: {
      file: 'tokenizer.json',
      kind: kind.kind,
      contextLength: kind.contextLength,
      example: { prompt: EXAMPLE, ids: [...tokenizer.encode(EXAMPLE)] },
    },
  });
  const files = await replaceFolder(
    folder,
    async (write) => {
      for (const graph of ['prefix', 'sample'] as const) {
        signal?.throwIfAborted();
        const placement = placementOf(graph);
        const metadata = { card: 'card.json', notice: card.notice };
        const encoded = await encodeOnnx(graphs[graph], { weights: placement, precision, metadata });
        await write(`${graph}.onnx`, piecesOf(encoded, 'model'), advance);
        if (placement.kind === 'external') await write(placement.file, piecesOf(encoded, 'data'), advance);
      }
      if (stored) await write(basename(stored.path), createReadStream(stored.path), advance);
      await write('tokenizer.json', [text(hubTokenizer(kind))]);
      await write('card.json', [text(card)]);
    },
    signal,
  );
  return { folder, card, files };
}
