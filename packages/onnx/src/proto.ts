// The messages of an ONNX file (onnx.proto3, IR version 9) as protocol buffers.
import { PbfWriter } from 'pbf';
import { type Attribute, ELEMENT_TYPES, type ElementType } from './graph.ts';

/** Opset 20 has LayerNormalization and Gelu; IR 9 is the version that goes with it. */
const OPSET = 20;
const IR_VERSION = 9;

/** Where the bytes of an initializer are. */
export type InitializerData =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'external'; readonly file: string; readonly offset: number; readonly length: number };

export interface InitializerMessage {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly data: InitializerData;
}

export interface NodeMessage {
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Attributes of type FLOAT. */
  readonly floats?: Readonly<Record<string, number>>;
}

export interface ValueMessage {
  readonly name: string;
  readonly type: ElementType;
  /** Names are symbolic dimensions. */
  readonly shape: readonly (number | string)[];
}

export interface ModelMessage {
  readonly nodes: readonly NodeMessage[];
  readonly initializers: readonly InitializerMessage[];
  readonly inputs: readonly ValueMessage[];
  readonly outputs: readonly ValueMessage[];
  readonly metadata: Readonly<Record<string, string>>;
}

function writePair([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

const [FLOAT, INT, STRING, INTS] = [1, 2, 3, 7];

function writeAttribute([name, value]: readonly [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === 'string') {
    pbf.writeStringField(4, value);
    pbf.writeVarintField(20, STRING as number);
  } else if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, INT as number);
  } else {
    for (const item of value) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, INTS as number);
  }
}

function writeFloatAttribute([name, value]: readonly [string, number], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeFloatField(2, value);
  pbf.writeVarintField(20, FLOAT as number);
}

function writeNode(node: NodeMessage, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  pbf.writeStringField(2, node.output);
  pbf.writeStringField(3, `${node.operation}:${node.output}`);
  pbf.writeStringField(4, node.operation);
  for (const entry of Object.entries(node.attributes ?? {})) pbf.writeMessage(5, writeAttribute, entry);
  for (const entry of Object.entries(node.floats ?? {})) pbf.writeMessage(5, writeFloatAttribute, entry);
}

const EXTERNAL = 1;

function writeInitializer({ name, shape, type, data }: InitializerMessage, pbf: PbfWriter): void {
  for (const size of shape) pbf.writeVarintField(1, size);
  pbf.writeVarintField(2, ELEMENT_TYPES[type]);
  pbf.writeStringField(8, name);
  if (data.kind === 'inline') {
    pbf.writeBytesField(9, data.bytes);
    return;
  }
  pbf.writeMessage(13, writePair, ['location', data.file] as const);
  pbf.writeMessage(13, writePair, ['offset', `${data.offset}`] as const);
  pbf.writeMessage(13, writePair, ['length', `${data.length}`] as const);
  pbf.writeVarintField(14, EXTERNAL);
}

function writeDimension(size: number | string, pbf: PbfWriter): void {
  if (typeof size === 'number') pbf.writeVarintField(1, size);
  else pbf.writeStringField(2, size);
}

function writeShape(shape: ValueMessage['shape'], pbf: PbfWriter): void {
  for (const size of shape) pbf.writeMessage(1, writeDimension, size);
}

function writeTensorType({ type, shape }: ValueMessage, pbf: PbfWriter): void {
  pbf.writeVarintField(1, ELEMENT_TYPES[type]);
  pbf.writeMessage(2, writeShape, shape);
}

const writeType = (value: ValueMessage, pbf: PbfWriter): void => pbf.writeMessage(1, writeTensorType, value);

function writeValue(value: ValueMessage, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(2, writeType, value);
}

function writeGraph({ nodes, initializers, inputs, outputs }: ModelMessage, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, 'traced');
  for (const initializer of initializers) pbf.writeMessage(5, writeInitializer, initializer);
  for (const value of inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of outputs) pbf.writeMessage(12, writeValue, value);
}

function writeOpset(version: number, pbf: PbfWriter): void {
  pbf.writeStringField(1, '');
  pbf.writeVarintField(2, version);
}

/** The bytes of a model file. */
export function encodeModel(model: ModelMessage): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, '@medclipseg/onnx');
  pbf.writeMessage(7, writeGraph, model);
  pbf.writeMessage(8, writeOpset, OPSET);
  for (const entry of Object.entries(model.metadata)) pbf.writeMessage(14, writePair, entry);
  return pbf.finish() as Uint8Array<ArrayBuffer>;
}
