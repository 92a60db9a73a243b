// Images in the browser.
export { decodeImage } from './images/decode-browser.ts';
export type { DecodeImage, DecodeOptions } from './images/decoder.ts';
export type { PngPixels } from './images/encode.ts';
export { encodePng, encodePngBlob } from './images/encode-browser.ts';
export { CT_WINDOWS, type GrayWindow } from './scans/window.ts';
export { dicomFacts, groupSlices, type SliceGroup } from './volumes/dicom-groups.ts';
export { type BrowserVolumeOptions, openVolume } from './volumes/files-browser.ts';
export { maskSlices } from './volumes/mask-volume.ts';
export { encodeNifti, type NiftiMapOptions } from './volumes/nifti-file.ts';
export {
  type Axis,
  displayedGeometry,
  displayedSlice,
  mapSlices,
  orientationOf,
  planeAcross,
  type SliceEdges,
  type Volume,
} from './volumes/volume.ts';
