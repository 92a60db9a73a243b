import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ImageError } from '../errors.ts';
import { decodeImage } from '../images/decode-node.ts';
import { encodePng } from '../images/encode.ts';
import { encodeTiff } from '../images/testing/encoders.ts';
import { DecodingThread } from './decoding-thread.ts';

const thread = new DecodingThread();
afterAll(() => thread.dispose());

const small = await encodePng({ width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 50, 100, 150, 200, 250) });
const side = 3000;
const large = await encodePng({
  width: side,
  height: side,
  channels: 3,
  data: new Uint8Array(3 * side * side).fill(7),
});
const float = encodeTiff({
  width: 2,
  height: 2,
  bits: 32,
  samples: 1,
  photometric: 1,
  format: 'float',
  value: (x, y) => x - y / 2,
});

describe('a decoding thread', () => {
  it('gives the pixels, the window and the warnings of decodeImage', async () => {
    for (const options of [{ as: 'gray' as const }, { as: 'color' as const }])
      expect(await thread.decode(small, options)).toEqual(await decodeImage(small, options));
    const [reported, expected]: [unknown[], unknown[]] = [[], []];
    const window = { center: 0, width: 3 };
    const into = (list: unknown[]) => ({
      window,
      name: 'scan',
      onWindow: (found: unknown) => list.push(found),
      onWarning: (text: string) => list.push(text),
    });
    expect(await thread.decode(float, into(reported))).toEqual(await decodeImage(float, into(expected)));
    expect(reported).toEqual(expected);
    expect(reported.length).toBeGreaterThan(0);
  });

  it('gives the errors of decodeImage', async () => {
    for (const bytes of [small.subarray(0, 50), Uint8Array.of(1, 2, 3), float]) {
      const expected = await decodeImage(bytes, { name: 'image' }).catch((error) => error);
      const error = await thread.decode(bytes, { name: 'image' }).catch((error) => error);
      expect(error).toBeInstanceOf(ImageError);
      expect({ ...error, message: error.message }).toEqual({
        ...expected,
        cause: error.cause,
        message: expected.message,
      });
    }
  });

  it('leaves the event loop free', async () => {
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const { width } = await thread.decode(large);
    clearInterval(turning);
    expect(width).toBe(side);
    expect(turns).toBeGreaterThan(3);
  });

  it('is left at once by a signal, and continues with the next image', async () => {
    const control = new AbortController();
    const begun = thread.decode(large, { signal: control.signal });
    const waiting = [0, 1, 2].map(() => thread.decode(large, { signal: control.signal }));
    const next = thread.decode(small);
    // The image is on its way to the thread; a timer may return after it was decoded on a busy machine.
    await turn();
    control.abort(new Error('gone'));
    for (const decoded of [begun, ...waiting]) await expect(decoded).rejects.toThrow('gone');
    expect((await next).width).toBe(3);
    await expect(thread.decode(small, { signal: control.signal })).rejects.toThrow('gone');
  });

  it('rejects what waits when it is disposed', async () => {
    const other = new DecodingThread();
    const all = Array.from({ length: 4 }, () => other.decode(large).catch(({ tag }) => tag));
    await other.dispose();
    expect(await Promise.all(all)).toEqual(Array(4).fill('datasets/worker'));
  });
});
