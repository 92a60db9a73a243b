// Answers of the hub and names of files are checked before anything is written.
import { readdir } from 'node:fs/promises';
import { COMMIT, REPO } from '@medclipseg/testing/hub';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { file, useHub } from '../../testing/hub-fixture.ts';
import { WeightsError } from '../index.ts';
import { parseDescription } from './describe.ts';
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

  it('of any content is parsed or refused with a printable message', () => {
    const name = fc.oneof(fc.constantFrom(file.path, `${file.path}\u001b[2J`, 'weights/'), fc.string());
    const sibling = fc.record(
      {
        rfilename: fc.oneof(name, fc.jsonValue()),
        size: fc.oneof(fc.nat(), fc.jsonValue()),
        blobId: fc.oneof(fc.constant(COMMIT), fc.string(), fc.jsonValue()),
        lfs: fc.oneof(fc.record({ sha256: fc.string(), size: fc.nat() }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const answer = fc.oneof(
      {
        weight: 9,
        arbitrary: fc.record({ sha: fc.constant(COMMIT), siblings: fc.array(sibling) }) as fc.Arbitrary<unknown>,
      },
      { weight: 1, arbitrary: fc.jsonValue() as fc.Arbitrary<unknown> },
    );
    const address = { type: 'model', revision: 'main', ...file } as const;
    fc.assert(
      fc.property(answer, (value) => {
        try {
          expect(parseDescription(value, address, 'http://hub/x')).toMatchObject({ commit: COMMIT, path: file.path });
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError);
          const { message } = error as WeightsError;
          expect(message).not.toMatch(/\[object|undefined|NaN|\p{Cc}/u);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    [{ repo: 'model', path: 'x' }, /the form 'owner\/name'/],
    [{ repo: '../..', path: 'x' }, /the form 'owner\/name'/],
    [{ repo: REPO, path: '../x' }, /the path of a file/],
    [{ repo: REPO, path: '/etc/passwd' }, /the path of a file/],
    [{ repo: REPO, path: 'a\\b' }, /the path of a file/],
    [{ repo: REPO, path: 'x', revision: '../main' }, /a branch, tag or commit/],
    [{ repo: undefined as never, path: 'x' }, /the form 'owner\/name', got nothing/],
    [{ repo: REPO, path: undefined as never }, /the path of a file in the repository, got nothing/],
    [{ repo: REPO, path: {} as never }, /got a value of type object/],
  ])('is not requested for %j', async (address, message) => {
    await expect(hubFile(address, at.options)).rejects.toThrow(message);
    await expect(hubFile(address, at.options)).rejects.toThrow(HubError);
  });
});
