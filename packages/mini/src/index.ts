// Where the weights of mini lie.

/** The checkpoint, half-precision safetensors of 8.7 MB: a `file:` address in Node, one to fetch from in a browser. */
export const weights = new URL('../weights/mini.safetensors', import.meta.url);
