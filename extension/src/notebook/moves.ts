import type { Contents } from '@jupyterlab/services';
import type { IConnection } from '../connection/tokens';

export interface Move {
  from: string;
  to: string;
}

/** The move that a change of files means for notebooks; `folder` when it may concern many. Null for all other changes. */
export function readMove(change: Contents.IChangedArgs, localPath: (path: string) => string): (Move & { folder: boolean }) | null {
  if (change.type !== 'rename' || !change.oldValue?.path || !change.newValue?.path) return null;
  const from = localPath(change.oldValue.path);
  const to = localPath(change.newValue.path);
  if (from === to) return null;
  const folder = change.newValue.type === 'directory';
  return folder || from.endsWith('.ipynb') || to.endsWith('.ipynb') ? { from, to, folder } : null;
}

/**
 * Tells the server that notebooks were renamed, so that they keep their runs where no kernel can say so. What cannot be told now, because
 * the server is away, is told when it is back, in the same order.
 */
export class NotebookMoves {
  constructor(connection: IConnection) {
    this.connection = connection;
    connection.changed.connect(() => void this.flush());
  }

  add(move: Move & { folder: boolean }): void {
    this.waiting.push(move);
    void this.flush();
  }

  private async flush(): Promise<void> {
    if (this.flushing) return;
    this.flushing = true;
    try {
      for (let move = this.waiting[0]; move && this.connection.state === 'live'; move = this.waiting[0]) {
        await (move.folder ? this.moveFolder(move) : this.connection.client.design.notebooks.move({ from: move.from, to: move.to }));
        this.waiting.shift();
      }
    } catch (error) {
      if (this.connection.state === 'live') {
        console.warn('Cellkeep could not record that a notebook was renamed:', error);
        this.waiting.shift();
      }
    } finally {
      this.flushing = false;
    }
  }

  private async moveFolder({ from, to }: Move): Promise<void> {
    const { notebooks } = this.connection.client.design;
    const inside: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await notebooks.list({ limit: 1_000, cursor });
      inside.push(...page.notebooks.map(({ path }) => path).filter((path) => path.startsWith(`${from}/`)));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    for (const path of inside) await notebooks.move({ from: path, to: to + path.slice(from.length) });
  }

  private readonly connection: IConnection;
  private readonly waiting: (Move & { folder: boolean })[] = [];
  private flushing = false;
}
