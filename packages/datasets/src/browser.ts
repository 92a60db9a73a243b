// Images in the browser.
export { decodeImage } from './images/decode-browser.ts';
export type { DecodeImage, DecodeOptions } from './images/decoder.ts';
export type { PngPixels } from './images/encode.ts';
export { encodePng, encodePngBlob } from './images/encode-browser.ts';
