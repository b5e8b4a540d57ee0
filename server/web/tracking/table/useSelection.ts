/** Which runs are meant by an action: the selected ones, or all that match. */
import { useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { errorText } from '../../look/states.tsx';
import type { RunSearch } from '../queries.ts';
import type { Group } from './groups.ts';
import type { TableState } from './tableState.ts';
import type { Choice } from './useBulkActions.ts';

const AT_ONCE = 1_000; // runs whose ids are asked for

export interface Selection {
  choice: Choice;
  /** Null where the selected ones are all that match. */
  allMatching: { total: number; isChosen: boolean; onChoose: () => void } | null;
  clear: () => void;
  selectAll: () => Promise<void>;
  selectGroup: (group: Group) => Promise<void>;
}

export function useSelection(
  state: TableState,
  onState: (change: Partial<TableState>) => void,
  search: RunSearch,
  total: { n: number; isAtLeast: boolean } | null,
): Selection {
  const client = useClient();
  const host = useHost();
  const t = useTranslate();
  // For one search and one selection: with another of either it is meant no more.
  const [all, setAll] = useState<string | null>(null);
  const name = JSON.stringify([search, state.selected]);
  const n = total && !total.isAtLeast ? total.n : 0;
  const isChosen = all === name && n > 0;
  /** Null: they could not be asked for, which was said. */
  const idsOf = async (wanted: RunSearch): Promise<string[] | null> => {
    try {
      const input = { ...wanted, limit: AT_ONCE, metrics: [], params: [], tags: [], details: false, count: 'none' as const };
      return (await client.tracking.runs.search(input)).runs.map(({ id }) => id);
    } catch (error) {
      host.notify(errorText(error, t), 'error');
      return null;
    }
  };
  const selectAll = async () => {
    const ids = await idsOf(search);
    if (!ids) return;
    onState({ selected: ids });
    if (n > ids.length) setAll(JSON.stringify([search, ids]));
  };
  return {
    choice: isChosen ? { matching: search, total: n } : { ids: state.selected },
    allMatching:
      n > state.selected.length ? { total: n, isChosen, onChoose: () => (n <= AT_ONCE ? void selectAll() : setAll(name)) } : null,
    clear: () => {
      setAll(null);
      onState({ selected: [] });
    },
    selectAll,
    selectGroup: async (group) => {
      const ids = await idsOf(group.search);
      if (!ids) return;
      const isIn = ids.every((id) => state.selected.includes(id));
      const others = state.selected.filter((id) => !ids.includes(id));
      onState({ selected: isIn ? others : [...others, ...ids] });
    },
  };
}
