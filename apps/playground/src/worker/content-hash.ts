// Identifies files by their content: two files may have the same name.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** SHA-256 of a file, in hexadecimal digits. Reads it in parts: Web Crypto needs the whole content in memory. */
export async function contentHash(file: Blob): Promise<string> {
  const digest = sha256.create();
  const reader = file.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) digest.update(part.value);
  return bytesToHex(digest.digest());
}
