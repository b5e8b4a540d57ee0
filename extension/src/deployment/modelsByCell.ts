import type { CellModel } from '@cellkeep/web/host';

/** The models of each cell, those that it made last first. */
export function modelsByCell(models: readonly CellModel[]): ReadonlyMap<string, readonly CellModel[]> {
  const byCell = new Map<string, CellModel[]>();
  const newestFirst = [...models].sort((a, b) => (b.executionOrder ?? -1) - (a.executionOrder ?? -1));
  for (const model of newestFirst) {
    if (model.cellId === null) continue;
    byCell.set(model.cellId, [...(byCell.get(model.cellId) ?? []), model]);
  }
  return byCell;
}
