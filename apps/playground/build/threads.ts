// Makes the threads of the wasm backend survive bundling. Each thread runs the source text of a function, which must not name anything outside of it.
import type { Plugin } from 'vite';

const MODULE = /tfjs-backend-wasm-threaded-simd\.js$/;

/** The only outer variable: the address of the script, which is known otherwise. Minifiers rename it, and drop checks whether it exists. */
const USES = [
  ['if(typeof _scriptDir !== "undefined" && _scriptDir){scriptDirectory=_scriptDir}', ''],
  ['Module["mainScriptUrlOrBlob"]||_scriptDir', 'Module["mainScriptUrlOrBlob"]'],
] as const;

export const threads = (): Plugin => ({
  name: 'threads',
  transform(code, id) {
    if (!MODULE.test(id.replace(/\?.*$/, ''))) return null;
    let changed = code;
    for (const [use, without] of USES) {
      if (!changed.includes(use)) this.error(`${id}: expected ${use}, got another version of the wasm backend`);
      changed = changed.replace(use, without);
    }
    return { code: changed, map: null };
  },
});
