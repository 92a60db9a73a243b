// Images in the browser.
export { decodeImage } from './images/decode-browser.ts';
export type { DecodeImage, DecodeOptions } from './images/decoder.ts';
