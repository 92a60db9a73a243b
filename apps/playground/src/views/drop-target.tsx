// Opens files that are dropped or pasted anywhere on the page.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { openFiles, openTruth, shownImage } from '../state/image.ts';
import { openModelFiles } from '../state/model-list.ts';
import { STRINGS } from '../strings.ts';
import { isModelFile, isTokenizerFile } from '../worker/protocol.ts';
import { tab } from './header.tsx';

/** Opens a model, with its tokenizer, and an image or a series. */
const open = (files: Iterable<File>, as: 'image' | 'truth' = 'image'): void => {
  const all = [...files];
  const withModel = all.some(({ name }) => isModelFile(name));
  const belongsToModel = ({ name }: File) => withModel && (isModelFile(name) || isTokenizerFile(name));
  if (withModel) void openModelFiles(all.filter(belongsToModel));
  const rest = all.filter((one) => !belongsToModel(one));
  const [file] = rest;
  if (file && as === 'truth') void openTruth(file, file.name);
  else openFiles(rest);
};

export function DropTarget() {
  const over = useSignal(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const isFileDrag = (event: DragEvent) => tab.value === 'segment' && event.dataTransfer?.types.includes('Files');
    const enter = (event: DragEvent) => {
      if (!isFileDrag(event)) return;
      event.preventDefault();
      over.value = true;
    };
    document.addEventListener('dragenter', enter, { signal });
    document.addEventListener('dragover', enter, { signal });
    document.addEventListener(
      'dragleave',
      ({ relatedTarget }) => {
        if (!relatedTarget) over.value = false;
      },
      { signal },
    );
    document.addEventListener(
      'drop',
      (event) => {
        if (!isFileDrag(event)) return;
        event.preventDefault();
        over.value = false;
        const zone = (event.target as Element | null)?.closest('[data-zone]');
        open(event.dataTransfer?.files ?? [], zone?.getAttribute('data-zone') === 'truth' ? 'truth' : 'image');
      },
      { signal },
    );
    document.addEventListener(
      'paste',
      ({ clipboardData }) => {
        if (tab.value === 'segment') open(clipboardData?.files ?? []);
      },
      { signal },
    );
    return () => listening.abort();
  }, []);
  if (!over.value) return null;
  return (
    <div class="drop-zones" aria-hidden="true">
      <p data-zone="image">{STRINGS.image.drop}</p>
      {shownImage.value && <p data-zone="truth">{STRINGS.image.dropTruth}</p>}
    </div>
  );
}
