// The exports of each entry, and what they import.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import * as hub from './hub/index.ts';
import * as hubNode from './hub/node.ts';
import * as main from './index.ts';
import * as node from './node.ts';

/** All modules that a file imports, directly or through files of this package. */
async function importsOf(path: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const source = await readFile(path, 'utf8');
  for (const [, name = ''] of source.matchAll(/^(?:import|export)\b[^;]*? from '([^']+)';/gm))
    if (name.startsWith('.')) await importsOf(join(dirname(path), name), seen);
    else seen.add(name);
  return seen;
}

it.each(['index.ts', 'hub/index.ts'])('%s imports nothing from Node', async (entry) => {
  const imports = [...(await importsOf(join(import.meta.dirname, entry)))];
  expect(imports.length).toBeGreaterThan(10);
  expect(imports.filter((name) => name.startsWith('node:'))).toEqual([]);
});

it('exports are as listed here', () => {
  const names = (entry: object) => Object.keys(entry).sort().join(' ');
  expect([main, node, hub, hubNode].map(names)).toMatchInlineSnapshot(`
    [
      "AddressError BUFFER_KEYS ForbiddenPickleError FormatError HttpError KeyMismatchError NetworkError WeightsError blobSource bytesSource closestMatch encodeSafetensors escapeControlCharacters isWeightsError openSafetensors openTensors readMapped storedAs storedTensors stripPrefix tensorsInMemory unwrapped urlBlob urlSource writeMapped",
      "fileSource openTensorFile writeSafetensors",
      "HUB HubError forgetHubBlob hubBlob listHubFiles",
      "HUB HubError hubEnvironment hubFile listHubFiles",
    ]
  `);
});
