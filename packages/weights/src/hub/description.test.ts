// Answers of the hub and names of files are checked before anything is written.
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { file, useHub } from '../../testing/hub-fixture.ts';
import { COMMIT, REPO } from '../../testing/hub-server.ts';
import { HubError, hubFile } from './node.ts';

const at = useHub();

describe('the description of a file', () => {
  it('suggests the closest name', async () => {
    await expect(hubFile({ repo: REPO, path: 'weights/model.safetensor' }, at.options)).rejects.toThrow(
      /Did you mean 'weights\/model.safetensors'/,
    );
  });

  it.each([
    ['other text than JSON', 'hello', /expected JSON, got something else/],
    ['no commit', '{"siblings":[]}', /a commit and its files/],
    ['a commit that is a path', `{"sha":"../../../${'a'.repeat(31)}","siblings":[]}`, /a commit and its files/],
    [
      'a hash that is a path',
      `{"sha":"${COMMIT}","siblings":[{"rfilename":"${file.path}","size":1,"blobId":"../../../x"}]}`,
      /hexadecimal/,
    ],
    ['no size', `{"sha":"${COMMIT}","siblings":[{"rfilename":"${file.path}","blobId":"${COMMIT}"}]}`, /size and hash/],
    ['something else', '[null]', /a commit and its files/],
  ])('with %s is refused', async (_, text, message) => {
    at.hub.apiAnswers.push((_request, response) => void response.end(text));
    await expect(hubFile(file, at.options)).rejects.toThrow(message);
    expect(await readdir(at.cache)).toEqual([]);
  });

  it.each([
    [{ repo: 'model', path: 'x' }, /the form 'owner\/name'/],
    [{ repo: '../..', path: 'x' }, /the form 'owner\/name'/],
    [{ repo: REPO, path: '../x' }, /the path of a file/],
    [{ repo: REPO, path: '/etc/passwd' }, /the path of a file/],
    [{ repo: REPO, path: 'a\\b' }, /the path of a file/],
    [{ repo: REPO, path: 'x', revision: '../main' }, /a branch, tag or commit/],
  ])('is not requested for %j', async (address, message) => {
    await expect(hubFile(address, at.options)).rejects.toThrow(message);
    await expect(hubFile(address, at.options)).rejects.toThrow(HubError);
  });
});
