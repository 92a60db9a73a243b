import { expect, it } from 'vitest';
import { parseHubId } from './model-list.ts';

it('parses hub ids as users copy them', () => {
  expect(parseHubId(' owner/name ')).toEqual({ repo: 'owner/name' });
  expect(parseHubId('owner/name/sub/model.pth')).toEqual({ repo: 'owner/name', path: 'sub/model.pth' });
  expect(parseHubId('https://huggingface.co/owner/name/blob/main/a/b.safetensors')).toEqual({
    repo: 'owner/name',
    path: 'a/b.safetensors',
  });
  expect(parseHubId('https://huggingface.co/owner/name')).toEqual({ repo: 'owner/name' });
  expect(parseHubId('name')).toBeUndefined();
  expect(parseHubId('https://elsewhere.org/a/b')).toBeUndefined();
});
