// Starts the page.
import { render } from 'preact';
import { keepForOffline } from './offline/register.ts';
import { App } from './views/app.tsx';

render(<App />, document.getElementById('app') as HTMLElement);
keepForOffline();
