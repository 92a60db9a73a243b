import { expect, it } from 'vitest';
import { parseHubId } from './models.ts';

it('a hub id is read as people copy it', () => {
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
