import { type Connection, pause } from '@cellkeep/web/connection';
import type { ViewWidget } from './viewWidgets';

/** Keeps a run's name on its tab, also when it is renamed elsewhere, for as long as the tab is open. */
export function followRunName(widget: ViewWidget, runId: string, connection: Connection): void {
  const closed = new AbortController();
  let watching = false;
  let attempts = 0;
  let again: ReturnType<typeof setTimeout> | undefined;
  const name = (text: string) => {
    widget.title.label = text;
    widget.title.caption = text;
  };
  const follow = async () => {
    if (watching || closed.signal.aborted || connection.status.get().state !== 'live') return;
    watching = true;
    clearTimeout(again);
    try {
      const events = await connection.client.tracking.watch({ runIds: [runId] }, { signal: closed.signal });
      name((await connection.client.tracking.runs.get({ id: runId })).name);
      attempts = 0;
      for await (const event of events) if (event.type === 'run') name(event.run.name);
    } catch {
      // The connection went and comes back through its status; or the kernel has told of a run that the server does not know yet.
      if (!closed.signal.aborted) again = setTimeout(() => void follow(), pause(attempts++));
    } finally {
      watching = false;
    }
  };
  const unsubscribe = connection.status.subscribe(() => void follow());
  widget.disposed.connect(() => {
    unsubscribe();
    clearTimeout(again);
    closed.abort();
  });
  void follow();
}
