import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { contentHash } from './content-hash.ts';

it('is the SHA-256 of the bytes', async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  expect(await contentHash(new Blob([bytes]))).toBe(createHash('sha256').update(bytes).digest('hex'));
});
