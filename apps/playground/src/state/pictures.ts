// The pictures' worker; there is one as long as the page lives.
import type { Remote } from 'comlink';
import { connectPictures } from '../worker/connect.ts';
import type { PicturesApi } from '../worker/protocol.ts';

let api: Remote<PicturesApi> | undefined;

export function pictures(): Remote<PicturesApi> {
  api ??= connectPictures().api;
  return api;
}
