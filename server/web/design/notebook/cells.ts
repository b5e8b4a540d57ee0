/** What is known of the cells of a snapshot beside what they hold: which ran, which for this run, which are gone. */
import type { Execution, Finding, Snapshot } from '@cellkeep/schema/design';

/** The last execution of a cell until the snapshot was taken. */
export function lastExecution(orders: readonly number[], byOrder: ReadonlyMap<number, Execution>): Execution | undefined {
  return byOrder.get(Math.max(...orders));
}

export interface GoneCell {
  /** Null: the runner gave its cells no ids. */
  cellId: string | null;
  /** In order; the last one says what the cell was. */
  executions: Execution[];
}

/** Executions whose cell is not in the document any more, each cell once, in the order in which they ran last. */
export function goneCells(executions: readonly Execution[], document: Snapshot['document']): GoneCell[] {
  if (!document) return [];
  const there = new Set(document.cells.map(({ id }) => id));
  const gone = new Map<string, GoneCell>();
  for (const execution of executions) {
    const { cellId } = execution;
    if (cellId !== null && there.has(cellId)) continue;
    const key = cellId ?? `order ${execution.order}`;
    const known = gone.get(key);
    gone.delete(key);
    gone.set(key, { cellId, executions: [...(known?.executions ?? []), execution] });
  }
  return [...gone.values()];
}

/** Places of cells that a reader looks for: what is wrong with them, or that they ran for this run. */
export function markedIndexes(document: Snapshot['document'], findings: readonly Finding[], ranIds: ReadonlySet<string>): number[] {
  const marked = new Set([...ranIds, ...findings.flatMap(({ cellId }) => cellId ?? [])]);
  return (document?.cells ?? []).flatMap(({ id }, index) => (marked.has(id) ? [index] : []));
}

/** The next marked place after, or before, where one is; round the ends. */
export function nextMarked(marked: readonly number[], at: number, step: 1 | -1): number | undefined {
  return step === 1 ? (marked.find((index) => index > at) ?? marked[0]) : (marked.findLast((index) => index < at) ?? marked.at(-1));
}
