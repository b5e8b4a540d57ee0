import { fillIn, type Host, type Readable, type View, viewPath } from '../host.ts';
import type { Toasts } from './toasts.ts';

/** The server UI as a host: pages are addresses; there is no notebook here, and it says so. */
export function createServerHost(navigate: (path: string) => void, toasts: Toasts): Host {
  return {
    kind: 'server',
    navigate: (view: View) => navigate(`/${viewPath(view)}`),
    href: (view: View) => new URL(viewPath(view), document.baseURI).href,
    notebook: nothing,
    insertCell: null,
    openNotebook: null,
    startRun: null,
    stopRun: null,
    openSnapshot: null,
    restoreCells: null,
    openNotebookOfRun: null,
    promote: null,
    notify: toasts.add,
    translate: fillIn,
  };
}

const nothing: Readable<null> = { get: () => null, subscribe: () => () => undefined };
