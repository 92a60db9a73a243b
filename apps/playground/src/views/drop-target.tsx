// Opens files that are dropped or pasted anywhere on the page.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { openFile, openTruth, shownImage } from '../state/image.ts';
import { openModelFiles } from '../state/model-list.ts';
import { notify } from '../state/notices.ts';
import { STRINGS } from '../strings.ts';
import { isModelFile, isTokenizerFile } from '../worker/protocol.ts';
import { tab } from './header.tsx';

/** Opens a model, with its tokenizer, and an image. Of several images only the first, and says so. */
const open = (files: Iterable<File>, as: 'image' | 'truth' = 'image'): void => {
  const all = [...files];
  const withModel = all.some(({ name }) => isModelFile(name));
  const belongsToModel = ({ name }: File) => withModel && (isModelFile(name) || isTokenizerFile(name));
  if (withModel) void openModelFiles(all.filter(belongsToModel));
  const [file, ...others] = all.filter((one) => !belongsToModel(one));
  if (!file) return;
  if (others.length > 0) {
    const names = others.map(({ name }) => name);
    notify({ kind: 'problem', text: STRINGS.image.onlyFirst(file.name, names) });
  }
  void (as === 'truth' ? openTruth(file, file.name) : openFile(file, file.name));
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
