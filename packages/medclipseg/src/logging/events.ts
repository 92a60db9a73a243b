// Records of a TensorBoard event file: tensorflow/core/util/event.proto and framework/summary.proto, framed as a TFRecord.
import { maskedCrc32c } from './crc32c.ts';
import { joined, MessageWriter } from './protobuf.ts';

/** An encoded image. */
export interface EventImage {
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

/** What a step brings, by tag. */
export interface EventValues {
  /** Written in single precision, as TensorBoard keeps them. */
  readonly scalars?: Readonly<Record<string, number>>;
  readonly images?: Readonly<Record<string, EventImage>>;
}

const RGB = 3;
const SESSION_START = 1;

/** Length and its checksum, the bytes and theirs. */
function record(data: Uint8Array): Uint8Array {
  const head = new Uint8Array(12);
  const view = new DataView(head.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(head.subarray(0, 8)), true);
  const foot = new Uint8Array(4);
  new DataView(foot.buffer).setUint32(0, maskedCrc32c(data), true);
  return joined([head, data, foot]);
}

/** @param wallTime seconds since 1970 */
const event = (wallTime: number, step: number) => new MessageWriter().double(1, wallTime).integer(2, step);

/** The first record of every file. */
export const versionRecord = (wallTime: number): Uint8Array =>
  record(event(wallTime, 0).text(3, 'brain.Event:2').finish());

/** Marks the step at which a training resumes: TensorBoard drops what an earlier file contains from there on. */
export const resumeRecord = (wallTime: number, step: number): Uint8Array =>
  record(event(wallTime, step).message(7, new MessageWriter().integer(1, SESSION_START)).finish());

/** The values of a step. */
export function valuesRecord(wallTime: number, step: number, { scalars = {}, images = {} }: EventValues): Uint8Array {
  const summary = new MessageWriter();
  for (const [tag, value] of Object.entries(scalars))
    summary.message(1, new MessageWriter().text(1, tag).float(2, value));
  for (const [tag, { width, height, png }] of Object.entries(images)) {
    const image = new MessageWriter().integer(1, height).integer(2, width).integer(3, RGB).bytes(4, png);
    summary.message(1, new MessageWriter().text(1, tag).message(4, image));
  }
  return record(event(wallTime, step).message(5, summary).finish());
}
