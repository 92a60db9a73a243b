// Takes files that are dropped or pasted anywhere on the page.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { isModelFile } from '../files/kinds.ts';
import { openModelFiles } from '../state/models.ts';
import { openFile, openTruth, picture } from '../state/picture.ts';
import { tab } from '../state/tab.ts';
import { STRINGS } from '../strings.ts';

const take = (files: Iterable<File>, as: 'picture' | 'truth' = 'picture'): void => {
  const all = [...files];
  const [file] = all;
  if (!file) return;
  if (all.some(({ name }) => isModelFile(name))) void openModelFiles(all);
  else void (as === 'truth' ? openTruth : openFile)(file, file.name);
};

export function DropTarget() {
  const over = useSignal(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const ours = (event: DragEvent) => tab.value === 'segment' && event.dataTransfer?.types.includes('Files');
    const enter = (event: DragEvent) => {
      if (!ours(event)) return;
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
        if (!ours(event)) return;
        event.preventDefault();
        over.value = false;
        const zone = (event.target as Element | null)?.closest('[data-zone]');
        take(event.dataTransfer?.files ?? [], zone?.getAttribute('data-zone') === 'truth' ? 'truth' : 'picture');
      },
      { signal },
    );
    document.addEventListener(
      'paste',
      ({ clipboardData }) => {
        if (tab.value === 'segment') take(clipboardData?.files ?? []);
      },
      { signal },
    );
    return () => listening.abort();
  }, []);
  if (!over.value) return null;
  return (
    <div class="drop-zones" aria-hidden="true">
      <p data-zone="picture">{STRINGS.picture.drop}</p>
      {picture.value && <p data-zone="truth">{STRINGS.picture.dropTruth}</p>}
    </div>
  );
}
