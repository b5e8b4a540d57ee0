import type { Contents } from '@jupyterlab/services';
import type { IConnection } from '../connection/tokens';

export interface Move {
  from: string;
  to: string;
}

/** The move that a change of files means for notebooks: of one, or of the folder that holds them. Null for all other changes. */
export function readMove(change: Contents.IChangedArgs, localPath: (path: string) => string): Move | null {
  if (change.type !== 'rename' || !change.oldValue?.path || !change.newValue?.path) return null;
  const from = localPath(change.oldValue.path);
  const to = localPath(change.newValue.path);
  if (from === to) return null;
  const folder = change.newValue.type === 'directory';
  return folder || from.endsWith('.ipynb') || to.endsWith('.ipynb') ? { from, to } : null;
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

  add(move: Move): void {
    this.waiting.push(move);
    void this.flush();
  }

  private async flush(): Promise<void> {
    if (this.flushing) return;
    this.flushing = true;
    try {
      for (let move = this.waiting[0]; move && this.connection.state === 'live'; move = this.waiting[0]) {
        await this.connection.client.design.notebooks.move(move);
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

  private readonly connection: IConnection;
  private readonly waiting: Move[] = [];
  private flushing = false;
}
