// Starts the page.
import { render } from 'preact';
import './styles/index.css';
import { keepForOffline } from './offline/register.ts';
import { engine } from './state/engine.ts';
import { explain, isAbort } from './state/explain.ts';
import { followResults } from './state/layers.ts';
import { followLink } from './state/link.ts';
import { engineWithModel } from './state/model.ts';
import { rememberedModels } from './state/models.ts';
import { say } from './state/notices.ts';
import { followTheme } from './state/theme.ts';
import { App } from './views/app.tsx';

followTheme();
followLink(location.hash);
followResults();
render(<App />, document.getElementById('app') as HTMLElement);

// Once the page is seen; while the person looks for a picture, the engine warms up.
setTimeout(() => {
  void engine()
    .then(engineWithModel)
    // Another model may have been chosen meanwhile.
    .catch((error) => isAbort(error) || say(explain(error)));
  void rememberedModels();
  keepForOffline();
});
