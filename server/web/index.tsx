import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { App } from './app/App.tsx';
import { firstAnswer } from './app/firstConnection.ts';
import { pathOfMlflowLink } from './app/mlflowLinks.ts';
import { startTheme } from './app/theme.ts';

startTheme();

/** Where the page lies: the server writes it into `<base>`, also behind a proxy that shows us below another path. */
const base = new URL(document.baseURI).pathname.replace(/\/$/, '');
const asked = pathOfMlflowLink(window.location.hash);
if (asked) window.history.replaceState(null, '', `${base}/${asked}`);
const element = document.getElementById('cellkeep');
if (!element) throw new Error('index.html has no place for the views');
await firstAnswer();
createRoot(element).render(
  <StrictMode>
    <Router base={base}>
      <App />
    </Router>
  </StrictMode>,
);
