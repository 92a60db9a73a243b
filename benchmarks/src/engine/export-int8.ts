// Writes the two graphs of a model with weights in 8 bits. Run as a process by `engine.ts`: MODEL FOLDER.
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { encodeOnnx } from '@medclipseg/onnx';
import { MedCLIPSeg } from 'medclipseg';
import { type NoiseInput, prefixGraph, sampleGraph } from 'medclipseg/internal';

/** What `card.json` says about a graph's inputs. */
export interface Int8Card {
  readonly imageSize: number;
  readonly context: number;
  readonly noise: readonly NoiseInput[];
}

const [source, folder] = process.argv.slice(2) as [string, string];
const { network } = await MedCLIPSeg.fromPretrained(source, { device: 'cpu' });
await mkdir(folder, { recursive: true });
const prefix = prefixGraph(network);
const sample = sampleGraph(network, prefix);
for (const [name, graph] of Object.entries({ prefix: prefix.graph, sample: sample.graph })) {
  const file = `${name}.data`;
  const encoded = await encodeOnnx(graph, { precision: 'int8', weights: { kind: 'external', file } });
  await writeFile(join(folder, `${name}.onnx`), encoded.model);
  await pipeline(Readable.from(encoded.data()), createWriteStream(join(folder, file)));
}
const { vision, text } = network.config;
const card: Int8Card = { imageSize: vision.imageSize, context: text.context, noise: sample.noise };
await writeFile(join(folder, 'card.json'), JSON.stringify(card));
