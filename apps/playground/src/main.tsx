// Starts the page.
import { render } from 'preact';
import './styles/index.css';
import { unsavedEdits } from './state/edits.ts';
import { unsavedSlices } from './state/image.ts';
import { followResults } from './state/layers.ts';
import { applyLink } from './state/link.ts';
import { choose, chosen } from './state/model.ts';
import { addKeptModels } from './state/model-list.ts';
import { isAbort, notifyError } from './state/notices.ts';
import { followPrompt } from './state/prompt-warning.ts';
import { followImage } from './state/run.ts';
import { followTheme } from './state/theme.ts';
import { keepEntries, unstored } from './teach/kept-entries.ts';
import { activity, unkept } from './teach/training.ts';
import { App } from './views/app.tsx';

/** Makes the built page available offline. */
function registerServiceWorker(): void {
  // The development server has no list of built files.
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
  // Private windows refuse; the page then only works online.
  void navigator.serviceWorker.register(new URL('./service-worker.js', document.baseURI)).catch(() => undefined);
}

followTheme();
applyLink(location.hash);
followResults();
followImage();
followPrompt();
render(<App />, document.getElementById('app') as HTMLElement);

// After the first paint: the engine warms up while the user looks for an image.
setTimeout(() => {
  void addKeptModels()
    .then(() => choose(chosen.value))
    // The user may have chosen another model meanwhile.
    .catch((error) => isAbort(error) || notifyError(error));
  void keepEntries();
  registerServiceWorker();
});

// The browser asks the user. Everything else is kept, or can be made again.
addEventListener('beforeunload', (event) => {
  if (
    unkept.value ||
    unstored.value ||
    unsavedEdits.value ||
    unsavedSlices.value ||
    activity.value === 'training' ||
    activity.value === 'paused'
  )
    event.preventDefault();
});
