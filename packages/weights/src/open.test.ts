// Files that are not weights are named for what they are.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bytesFrom, type Part } from '../testing/pickle.ts';
import { bytesSource, FormatError, openTensors } from './index.ts';

const open = (...parts: readonly Part[]) => openTensors(bytesSource(bytesFrom(...parts), 'model.pth'));
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0a'.repeat(32)}\nsize 12345\n`;

it.each<[RegExp, readonly Part[]]>([
  [/a Git LFS pointer to the file. Fetch the file itself: git lfs pull/, [pointer]],
  [/an HTML page. Download the file itself/, ['<!DOCTYPE html>\n<html lang="en">']],
  [/an HTML page/, [0xef, 0xbb, 0xbf, '\r\n  <HTML><body>Sign in</body>']],
  [/an HTML page/, ['<!-- cached --><html>']],
  [/an XML document/, ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>']],
  [/a JSON text/, ['{"error":{"message":"not found"}}']],
  [/an empty file/, []],
  [/a gzip archive. Unpack it/, [gzipSync('weights')]],
  [/an HDF5 file/, [0x89, 'HDF\r\n', 0x1a, '\n']],
  [/a NumPy array/, [0x93, 'NUMPY', 1, 0]],
  [/a Python pickle that torch.save did not write/, [0x80, 4, 0x95, new Uint8Array(20)]],
  [/another format. Check the path/, ['hello']],
  [/one without the directory at its end. It is probably incomplete/, ['PK', 3, 4, new Uint8Array(40)]],
])('%s', async (message, parts) => {
  const opening = open(...parts);
  await expect(opening).rejects.toThrow(message);
  await expect(opening).rejects.toThrow(/^model\.pth: expected/);
  await expect(opening).rejects.toThrow(FormatError);
});
