// Event files against TensorBoard's own bytes, and read back by a decoder that shares nothing with the encoder.
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { createEventWriter } from './event-writer.ts';
import { type EventValues, resumeRecord, valuesRecord, versionRecord } from './events.ts';

/** CRC-32C bit by bit, as its polynomial is defined. */
function checksum(bytes: Uint8Array): number {
  let register = 0xffffffffn;
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) register = (register >> 1n) ^ (register & 1n ? 0x82f63b78n : 0n);
  }
  const crc = register ^ 0xffffffffn;
  return Number((((crc >> 15n) | ((crc << 17n) & 0xffffffffn)) + 0xa282ead8n) & 0xffffffffn);
}

type Field = bigint | Uint8Array;

/** Fields of a message by number; values of known length stay bytes. */
function fields(bytes: Uint8Array): Map<number, Field[]> {
  const found = new Map<number, Field[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const value = [varint, () => take(8), () => take(Number(varint())), undefined, undefined, () => take(4)][
      key & 7
    ]?.();
    if (value === undefined) throw new Error(`wire type ${key & 7}`);
    found.set(key >> 3, [...(found.get(key >> 3) ?? []), value]);
  }
  expect(at).toBe(bytes.length);
  return found;
}

const text = (field: Field | undefined) => new TextDecoder().decode(field as Uint8Array);
const view = (field: Field | undefined) => {
  const { buffer, byteOffset, byteLength } = field as Uint8Array;
  return new DataView(buffer, byteOffset, byteLength);
};

/** The events of a file, with both checksums of every record checked. */
function decode(bytes: Uint8Array) {
  const events = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view(bytes.subarray(at, at + 8)).getBigUint64(0, true));
    expect(view(bytes.subarray(at + 8, at + 12)).getUint32(0, true)).toBe(checksum(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(view(bytes.subarray(at + 12 + length, at + 16 + length)).getUint32(0, true)).toBe(checksum(data));
    at += 16 + length;
    const event = fields(data);
    const values = (event.get(5) ?? []).flatMap((summary) => fields(summary as Uint8Array).get(1) ?? []);
    const [scalars, images]: [[string, number][], [string, unknown][]] = [[], []];
    for (const value of values.map((v) => fields(v as Uint8Array))) {
      const tag = text(value.get(1)?.[0]);
      if (value.has(2)) scalars.push([tag, view(value.get(2)?.[0]).getFloat32(0, true)]);
      const image = value.has(4) ? fields(value.get(4)?.[0] as Uint8Array) : undefined;
      if (image)
        images.push([
          tag,
          { height: Number(image.get(1)?.[0] ?? 0), width: Number(image.get(2)?.[0] ?? 0), png: image.get(4)?.[0] },
        ]);
    }
    events.push({
      wallTime: view(event.get(1)?.[0]).getFloat64(0, true),
      step: Number(event.get(2)?.[0] ?? 0),
      version: event.has(3) ? text(event.get(3)?.[0]) : undefined,
      resumed: event.has(7),
      scalars: Object.fromEntries(scalars),
      images: Object.fromEntries(images),
    });
  }
  return events;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'events-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('writes the very bytes of TensorBoard', () => {
  const png = Uint8Array.from(
    Buffer.from(
      '89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd0000000f49444154789c63f8cfc0c0f01f8800001300fe02cf53ee9a0000000049454e44ae426082',
      'hex',
    ),
  );
  const ours = Buffer.concat([
    versionRecord(1_700_000_000.25),
    resumeRecord(1_700_000_001.5, 300),
    valuesRecord(1_700_000_002.5, 301, { scalars: { 'loss/total': 0.1, Güte: -3e-7 } }),
    valuesRecord(1_700_000_003, 2 ** 40 + 5, { images: { example: { width: 2, height: 1, png } } }),
  ]);
  expect(ours.equals(readFileSync(new URL('./fixtures/events.tfevents', import.meta.url)))).toBe(true);
});

it('has the checksum of the standard: RFC 3720, B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

describe('any values', () => {
  const tag = fc.string({ unit: 'grapheme', maxLength: 20 });
  const image = fc.record({ width: fc.nat(5000), height: fc.nat(5000), png: fc.uint8Array({ maxLength: 300 }) });
  const values = fc.record({
    scalars: fc.dictionary(tag, fc.float({ noNaN: true }), { maxKeys: 4, noNullPrototype: true }),
    images: fc.dictionary(tag, image, { maxKeys: 2, noNullPrototype: true }),
  });
  it('are read back as they were', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.double({ noNaN: true }), values, (step, wallTime, written) => {
        const [event] = decode(valuesRecord(wallTime, step, written));
        expect(event).toEqual({ wallTime, step, version: undefined, resumed: false, ...written });
      }),
    );
  });
});

it('appends in the order of the calls, and starts a file of its own when resumed', async () => {
  let clock = 1_700_000_000_000;
  const now = () => (clock += 1000);
  const first = await createEventWriter(join(folder, 'log'), { now });
  const steps: EventValues[] = Array.from({ length: 20 }, (_, i) => ({ scalars: { loss: i / 4 } }));
  await Promise.all(steps.map((values, step) => first.write(step, values)));
  await first.close();
  const second = await createEventWriter(join(folder, 'log'), { now, resumeStep: 12 });
  await second.write(12, { scalars: { loss: 9 } });
  await second.close();
  await second.close();
  const files = (await readdir(join(folder, 'log'))).sort();
  expect(files).toHaveLength(2);
  const [before, after] = await Promise.all(
    files.map(async (file) => decode(await readFile(join(folder, 'log', file)))),
  );
  expect(before?.map(({ version }) => version)).toEqual(['brain.Event:2', ...steps.map(() => undefined)]);
  expect(before?.slice(1).map(({ step, scalars }) => [step, scalars.loss])).toEqual(steps.map((_, i) => [i, i / 4]));
  expect(after?.map(({ step, resumed }) => [step, resumed])).toEqual([
    [0, false],
    [12, true],
    [12, false],
  ]);
});

it('says which file takes no more', async () => {
  const writer = await createEventWriter(join(folder, 'closed'));
  await writer.close();
  await expect(writer.write(1, {})).rejects.toThrow(`${writer.path}: expected to write to the log, got`);
});
