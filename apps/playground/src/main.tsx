// Starts the page.
import { render } from 'preact';
import './styles/index.css';
import { engine } from './state/engine.ts';
import { followResults } from './state/layers.ts';
import { applyLink } from './state/link.ts';
import { engineWithModel } from './state/model.ts';
import { addKeptModels } from './state/model-list.ts';
import { isAbort, notifyError } from './state/notices.ts';
import { followTheme } from './state/theme.ts';
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
render(<App />, document.getElementById('app') as HTMLElement);

// After the first paint: the engine warms up while the user looks for an image.
setTimeout(() => {
  void engine()
    .then(engineWithModel)
    // The user may have chosen another model meanwhile.
    .catch((error) => isAbort(error) || notifyError(error));
  void addKeptModels();
  registerServiceWorker();
});
