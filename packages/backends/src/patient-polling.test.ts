import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { pollPatiently } from './patient-polling.ts';

it('native callbacks wait for a timer, others come at once, and all is put back', async () => {
  const before = globalThis.setImmediate;
  const stop = pollPatiently();
  const order: string[] = [];
  const polled = new Promise<string>((resolve) => {
    // As Dawn's are: a function that is not written in JavaScript.
    setImmediate(resolve as (text: string) => void, 'polled');
  }).then((text) => order.push(text));
  setImmediate((text: string) => order.push(text), 'at once');
  await promisify(before)();
  expect(order).toEqual(['at once']);
  await polled;
  expect(order).toEqual(['at once', 'polled']);
  stop();
  expect(globalThis.setImmediate).toBe(before);
});

it('leaves what somebody else has put over it', () => {
  const before = globalThis.setImmediate;
  const stop = pollPatiently();
  const theirs = Object.assign((callback: () => void) => before(callback), { __promisify__: before.__promisify__ });
  globalThis.setImmediate = theirs as typeof setImmediate;
  stop();
  expect(globalThis.setImmediate).toBe(theirs);
  globalThis.setImmediate = before;
});
