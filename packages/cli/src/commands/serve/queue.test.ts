// The queue in front of the model.
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from './queue.ts';

const never = () => new AbortController().signal;

describe('a queue', () => {
  it('has as many places as it is created with, and each is freed once', () => {
    const queue = new WorkQueue(2);
    const [a, b] = [queue.enter(), queue.enter()];
    expect(queue.enter()).toBeUndefined();
    a?.leave();
    a?.leave();
    expect(queue.taken).toBe(1);
    expect(queue.enter()).toBeDefined();
    expect(queue.enter()).toBeUndefined();
    b?.leave();
    expect(queue.taken).toBe(1);
  });

  it('runs one job at a time in the order of arrival, whichever fail or are canceled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('done', 'failed', 'canceled'), { minLength: 1, maxLength: 12 }),
        async (kinds) => {
          const queue = new WorkQueue(kinds.length);
          const order: number[] = [];
          let atOnce = 0;
          const results = kinds.map((kind, i) => {
            const control = new AbortController();
            const job = async () => {
              expect(++atOnce).toBe(1);
              order.push(i);
              await sleep(0);
              atOnce--;
              if (kind === 'failed') throw new Error('failed');
              return i;
            };
            const result = queue.enter()?.run(job, control.signal);
            if (kind === 'canceled') control.abort(new Error('canceled'));
            return result;
          });
          const settled = await Promise.allSettled(results);
          expect(settled.map((result) => (result.status === 'fulfilled' ? 'done' : result.reason.message))).toEqual(
            kinds,
          );
          expect(order).toEqual(kinds.flatMap((kind, i) => (kind === 'canceled' ? [] : [i])));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('says after how many seconds to ask again', async () => {
    const queue = new WorkQueue(1);
    const before = queue.retryAfter;
    for (let i = 0; i < 20; i++) {
      const place = queue.enter();
      await place?.run(async () => {}, never());
      place?.leave();
    }
    expect(before).toBeGreaterThan(1);
    expect(queue.retryAfter).toBe(1);
  });
});
