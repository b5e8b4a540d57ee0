import type { Finding } from '@cellkeep/schema/design';
import type { TranslationBundle } from '@jupyterlab/translation';

export interface Marks {
  /** Of the cells that are there, by id. */
  byCell: ReadonlyMap<string, readonly Finding[]>;
  /** Of cells that are not in the notebook any more, or of none. */
  elsewhere: readonly Finding[];
}

export interface CellNow {
  id: string;
  source: string;
}

export interface MarkFacts {
  /** What the bridge said last. */
  findings: readonly Finding[];
  cells: readonly CellNow[];
  /** Source of the last execution of a cell that this page has seen. */
  executed: ReadonlyMap<string, string>;
  /** The bridge does not hear of what is typed until its cell has ended. */
  isDeaf: boolean;
}

/**
 * The marks of a notebook. They are the bridge's, but for `edited`, which follows the keys: a cell that is again as it ran loses it at
 * once, and while the kernel is deaf one that differs gets it.
 */
export function marksOf({ findings, cells, executed, isDeaf }: MarkFacts): Marks {
  const byCell = new Map<string, Finding[]>();
  const elsewhere: Finding[] = [];
  const now = new Map(cells.map(({ id, source }) => [id, source]));
  const differs = (id: string) => {
    const ran = executed.get(id);
    return ran === undefined ? null : plain(ran) !== plain(now.get(id) ?? '');
  };
  for (const finding of findings) {
    const { cellId } = finding;
    if (cellId === null || !now.has(cellId)) elsewhere.push(finding);
    else if (finding.kind !== 'edited' || differs(cellId) !== false) {
      byCell.set(cellId, [...(byCell.get(cellId) ?? []), finding]);
    }
  }
  if (isDeaf) {
    for (const { id } of cells) {
      if (!differs(id) || byCell.get(id)?.some(({ kind }) => kind === 'edited')) continue;
      byCell.set(id, [...(byCell.get(id) ?? []), { cellId: id, kind: 'edited', reason: '', orders: [], names: [] }]);
    }
  }
  return { byCell, elsewhere };
}

/** White space at the ends of lines and of the cell changes nothing. */
const plain = (source: string) => source.replace(/[ \t]+$/gm, '').trim();

export function findingWord(kind: Finding['kind'], trans: TranslationBundle): string {
  switch (kind) {
    case 'stale':
      return trans.__('Stale');
    case 'edited':
      return trans.__('Edited since it ran');
    case 'gone':
      return trans.__('Deleted, still alive');
    case 'order':
      return trans.__('Ran out of order');
    case 'undefined':
      return trans.__('Reads what no cell makes');
  }
}

/** The reason as people read it; a mark of this page's own has none yet. */
export function findingReason({ kind, reason }: Finding, trans: TranslationBundle): string {
  if (reason) return reason;
  return kind === 'edited' ? trans.__('What it shows was made by its source as it was before.') : '';
}
