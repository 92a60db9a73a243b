// Buttons that save results as files and copy a link or diagnostics.
import { shownImage } from '../../state/image.ts';
import { cancelSaving, copyDiagnostics, copyLink, saveAll, saveOne, saving } from '../../state/save.ts';
import { STRINGS } from '../../strings.ts';
import { EXPORTS } from '../../worker/protocol.ts';
import { Icon } from '../controls.tsx';

export function SavePanel({ hasResult }: { readonly hasResult: boolean }) {
  const words = STRINGS.save;
  return (
    <section class="card save" aria-labelledby="save-title">
      <h2 id="save-title">{words.title}</h2>
      {hasResult && (
        <div class="buttons">
          {[...EXPORTS, 'report' as const].map((what) => (
            <button type="button" key={what} disabled={Boolean(saving.value)} onClick={() => void saveOne(what)}>
              {words[what]}
            </button>
          ))}
          {shownImage.value?.slice?.volume && (
            <button type="button" disabled={Boolean(saving.value)} onClick={() => void saveOne('volume')}>
              {words.volume}
            </button>
          )}
          <button type="button" disabled={Boolean(saving.value)} onClick={() => void saveAll()}>
            <Icon name="download" />
            {words.all}
          </button>
        </div>
      )}
      {saving.value && (
        <div class="row">
          <progress max={saving.value.total} value={saving.value.done} aria-label={words.progress} />
          <button type="button" onClick={cancelSaving}>
            {STRINGS.cancel}
          </button>
        </div>
      )}
      <div class="buttons">
        <button type="button" class="plain" title={words.linkHint} onClick={() => void copyLink()}>
          <Icon name="link" />
          {words.link}
        </button>
        <button type="button" class="plain" onClick={() => void copyDiagnostics()}>
          <Icon name="info" />
          {words.diagnostics}
        </button>
      </div>
    </section>
  );
}
