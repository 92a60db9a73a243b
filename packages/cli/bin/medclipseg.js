#!/usr/bin/env node
// Starts the built command; in a checkout that is not built yet, says how to build it.
import { existsSync } from 'node:fs';

const built = new URL('../dist/index.js', import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  process.stderr.write('medclipseg: expected the built command, got none. Run: npm run build\n');
  process.exitCode = 1;
}
