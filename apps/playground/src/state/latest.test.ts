import { expect, it } from 'vitest';
import { latest } from './latest.ts';

it('serves the first and the last of many requests, one at a time', async () => {
  const served: number[] = [];
  let together = 0;
  const request = latest(async (n: number) => {
    together += 1;
    expect(together).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    served.push(n);
    together -= 1;
  });
  await Promise.all([1, 2, 3, 4].map(request));
  expect(served).toEqual([1, 4]);
  await request(5);
  expect(served).toEqual([1, 4, 5]);
});

it('continues after work that failed', async () => {
  const request = latest(async (n: number) => {
    if (n === 1) throw new Error('one');
  });
  await expect(request(1)).rejects.toThrow('one');
  await expect(request(2)).resolves.toBeUndefined();
});
